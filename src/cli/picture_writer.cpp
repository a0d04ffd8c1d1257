#include "cli/picture_writer.h"

#include <cstdio>
#include <iostream>

#include "base/files.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/picture_metadata.h"
#include "cli/standard_output.h"
#include "options/request_json.h"

namespace dalle2::cli {
namespace {

std::string number(double similarity) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", similarity);
  return text;
}

/// "3: 0.2012 0.2513 0.1998".
std::string listed(const std::vector<double>& similarities) {
  std::string out = std::to_string(similarities.size()) + ":";
  for (const double similarity : similarities) out += " " + number(similarity);
  return out;
}

}  // namespace

PictureWriter::PictureWriter(const options::Settings& settings, const OutputPlan& plan)
    : settings_(settings), plan_(plan), preview_(error_preview(settings.ui)) {}

std::string PictureWriter::encoded(const GeneratedPicture& picture) const {
  image::EncodeOptions options;
  options.quality = settings_.output.quality;
  if (!settings_.output.no_metadata) options.metadata = make_metadata(picture.settings);
  return image::encode(picture.picture, *plan_.format, options);
}

void PictureWriter::write(int index, const GeneratedPicture& picture) const {
  const std::string bytes = encoded(picture);
  if (plan_.to_stdout) {
    print(bytes);
    return;
  }
  const auto& planned = plan_.files[static_cast<std::size_t>(index)];
  const auto written = write_file(planned, bytes, parse_if_exists(settings_.output.if_exists));
  const std::string path = written.value_or(planned).string();
  if (settings_.ui.json) {
    report_json(path, !written, picture);
  } else {
    report(path, picture);
  }
  if (preview_.draw != nullptr) std::cerr << preview_.draw(picture.picture, preview_) << std::flush;
}

void PictureWriter::report(const std::string& path, const GeneratedPicture& picture) const {
  print(path + "\n");
  if (!picture.similarities.empty()) {
    log(LogLevel::kInfo, path + ": similarity " + number(picture.text_similarity) +
                             ", the best of " + listed(picture.similarities));
  }
  if (!picture.prior_similarities.empty()) {
    const bool asked = settings_.request.prior_candidates.has_value();
    log(asked ? LogLevel::kInfo : LogLevel::kDebug,
        path + ": how typical each embedding is, the best of each candidate is drawn: " +
            listed(picture.prior_similarities));
  }
}

void PictureWriter::report_json(const std::string& path, bool skipped,
                                const GeneratedPicture& picture) const {
  Json json = options::settings_to_json(picture.settings);
  json.erase("count");
  json["path"] = path;
  json["skipped"] = skipped;
  if (!picture.similarities.empty()) {
    json["text_similarity"] = picture.text_similarity;
    json["similarities"] = picture.similarities;
  }
  if (!picture.prior_similarities.empty()) {
    json["prior_similarities"] = picture.prior_similarities;
  }
  print(json.dump() + "\n");
}

void PictureWriter::report_skipped() const {
  for (std::size_t i = 0; i < plan_.skipped.size(); ++i) {
    if (!plan_.skipped[i]) continue;
    const std::string path = plan_.files[i].string();
    print(settings_.ui.json ? Json{{"path", path}, {"skipped", true}}.dump() + "\n" : path + "\n");
  }
}

}  // namespace dalle2::cli
