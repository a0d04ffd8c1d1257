#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>

#include "base/cancel.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/output_plan.h"
#include "cli/picture_metadata.h"
#include "cli/picture_source.h"
#include "cli/picture_writer.h"
#include "cli/progress_bar.h"
#include "cli/signals.h"
#include "dalle2/generator.h"
#include "image/codec.h"
#include "options/request_json.h"

namespace dalle2::cli {
namespace {

struct Stored {
  std::string name;  // of the input, for errors
  const image::Format* format;
  PictureSettings settings;
  Picture picture;
};

Stored read_stored(const std::string& path) {
  const std::string file = input_name(path);
  const std::string bytes = read_picture_bytes(path);
  Stored stored{.name = file, .format = nullptr, .settings = {}, .picture = {}};
  std::string text;
  try {
    stored.format = &image::format_of_bytes(bytes);
    const image::Metadata metadata = image::read_metadata(bytes);
    if (const std::string* found = image::find_text(metadata, kSettingsKey)) text = *found;
    stored.picture = image::decode(bytes);
  } catch (const Error&) {
    rethrow_with_context(file);
  }
  if (text.empty()) {
    throw Error(ErrorKind::kUsage,
                file + ": no settings of this program are stored in this picture");
  }
  stored.settings = options::settings_from_json(parse_json(text, file, ErrorKind::kUsage), file);
  if (!stored.settings.source.empty()) {
    throw Error(ErrorKind::kUsage, file + ": was made from other files as well (" +
                                       stored.settings.source +
                                       "); only pictures of a prompt can be made again");
  }
  return stored;
}

void require_same_model(const std::string& file, const PictureSettings& stored,
                        const PictureSettings& now) {
  if (stored.model_hash == now.model_hash) return;
  constexpr std::size_t kShown = 10;
  throw Error(ErrorKind::kModel, file + ": was made by the model \"" + stored.model + "\" (" +
                                     stored.model_hash.substr(0, kShown) + "), and this is \"" +
                                     now.model + "\" (" + now.model_hash.substr(0, kShown) +
                                     "); another --model would be needed");
}

/// Of 8-bit values; 255 for pictures of different sizes.
int largest_difference(const Picture& a, const Picture& b) {
  if (a.rgba.size() != b.rgba.size() || a.width != b.width) return 255;
  int largest = 0;
  for (std::size_t i = 0; i < a.rgba.size(); ++i) {
    largest = std::max(largest, std::abs(a.rgba[i] - b.rgba[i]));
  }
  return largest;
}

std::string verdict(const Picture& stored, const Picture& made) {
  const int difference = largest_difference(stored, made);
  return difference == 0 ? "every pixel is the same"
                         : "the largest difference of a pixel is " + std::to_string(difference) +
                               " of 255; another device, dtype or lossy format does that";
}

}  // namespace

int run_replay(const options::Invocation& invocation) {
  options::Settings settings = invocation.settings;
  const std::filesystem::path file = settings.arguments.front();
  const Stored stored = read_stored(file.string());
  const GenerateRequest request = options::to_request(stored.settings);
  if (settings.output.target.empty()) {
    settings.output.target = file == kStandardInput
                                 ? "replay" + std::string(stored.format->extensions.front())
                                 : file.stem().string() + "-replay" + file.extension().string();
  }
  OutputPlan plan = plan_output(settings, request, output_is_terminal());
  check_output(settings, &plan);
  const PictureWriter writer(settings, plan);
  writer.report_skipped();
  if (plan.skipped.front()) return kSuccess;
  catch_signals();

  ProgressBar bar(std::cerr, error_terminal(settings.ui), request.count);
  GeneratorOptions options = settings.generator;
  if (options.dtype == "auto") options.dtype = stored.settings.dtype;
  options.progress = [&](const Progress& progress) { bar.show(progress); };
  options.warn = [&](std::string_view message) {
    bar.clear();
    log(LogLevel::kWarning, message);
  };
  options.cancelled = is_cancelled;
  Generator generator(options);
  require_same_model(stored.name, stored.settings, generator.resolve(request));
  const GeneratedPicture picture = generator.generate(request).at(0);
  bar.clear();
  writer.write(0, picture);
  log(LogLevel::kInfo, verdict(stored.picture, picture.picture));
  return kSuccess;
}

}  // namespace dalle2::cli
