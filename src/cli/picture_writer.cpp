#include "cli/picture_writer.h"

#include <cmath>

#include "base/files.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/picture_metadata.h"
#include "cli/standard_output.h"
#include "options/request_json.h"

namespace dalle2::cli {

PictureWriter::PictureWriter(const options::Settings& settings, const OutputPlan& plan)
    : settings_(settings), plan_(plan) {}

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
  const auto path = write_file(planned, bytes, parse_if_exists(settings_.output.if_exists));
  if (!settings_.ui.json) {
    print(path.value_or(planned).string() + "\n");
    if (std::isfinite(picture.text_similarity)) {
      log(LogLevel::kInfo, path.value_or(planned).string() + ": similarity " +
                               std::to_string(picture.text_similarity) + ", the best of " +
                               std::to_string(picture.settings.best_of));
    }
    return;
  }
  Json report = options::settings_to_json(picture.settings);
  report.erase("count");
  report["path"] = path.value_or(planned).string();
  report["skipped"] = !path.has_value();
  if (std::isfinite(picture.text_similarity)) report["text_similarity"] = picture.text_similarity;
  print(report.dump() + "\n");
}

void PictureWriter::report_skipped() const {
  for (std::size_t i = 0; i < plan_.skipped.size(); ++i) {
    if (!plan_.skipped[i]) continue;
    const std::string path = plan_.files[i].string();
    print(settings_.ui.json ? Json{{"path", path}, {"skipped", true}}.dump() + "\n" : path + "\n");
  }
}

}  // namespace dalle2::cli
