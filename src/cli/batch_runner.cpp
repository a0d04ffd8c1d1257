#include "cli/batch_runner.h"

#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/sha256.h"
#include "cli/open_requests.h"
#include "cli/picture_metadata.h"
#include "cli/standard_output.h"
#include "image/codec.h"
#include "options/request_json.h"

namespace dalle2::cli {
namespace {

namespace fs = std::filesystem;

/// Pictures that wait until they are drawn together. Many full network calls, so that the last of
/// them, which is not full, matters little; few enough to take no memory worth mentioning.
constexpr std::int64_t kPicturesAtOnce = 256;

/// Errors that say nothing about the picture that was being drawn.
bool ends_the_batch(ErrorKind kind) {
  return kind == ErrorKind::kCancelled || kind == ErrorKind::kModel;
}

/// Picture `number` of several under the name given for one.
std::string numbered(const std::string& file, int number) {
  const fs::path path(file);
  return (path.parent_path() /
          (path.stem().string() + "-" + std::to_string(number + 1) + path.extension().string()))
      .string();
}

}  // namespace

BatchRunner::BatchRunner(const options::Settings& settings, Generator& generator, BatchLog& log,
                         ProgressBar& bar)
    : settings_(settings),
      generator_(generator),
      log_(log),
      bar_(bar),
      name_(settings.batch.name) {}

void BatchRunner::add(const PromptEntry& entry) {
  const GenerateRequest& request = entry.request;
  std::vector<bool> there(static_cast<std::size_t>(request.count), false);
  try {
    const PictureSettings first = generator_.resolve(request);
    for (int i = 0; i < request.count; ++i) {
      there[static_cast<std::size_t>(i)] = is_there(entry, i, first);
    }
  } catch (const Error& error) {
    if (!settings_.batch.keep_going) rethrow_with_context(entry.where);
    const Job job{entry, 0, request, {}};
    for (int i = 0; i < request.count; ++i) record_failure(job, i, error.what());
    return;
  }
  for (OpenRequest& part : open_requests(request, there)) {
    waiting_ += part.request.count;
    const auto count = static_cast<std::size_t>(part.request.count);
    jobs_.push_back({entry, part.first, std::move(part.request), std::vector<bool>(count, false)});
  }
  if (waiting_ >= kPicturesAtOnce) draw();
}

void BatchRunner::finish() { draw(); }

void BatchRunner::on_progress(Progress progress) {
  if (kept_since_progress_) drawing_since_ = Clock::now();
  kept_since_progress_ = false;
  progress.first_picture = static_cast<int>(counts_.made + counts_.skipped + counts_.failed);
  bar_.show(progress);
}

std::string BatchRunner::file_name(const PromptEntry& entry, int number) const {
  if (!entry.output.empty()) {
    return entry.request.count == 1 ? entry.output : numbered(entry.output, number);
  }
  const std::string& name = settings_.output.format;
  const image::Format& format = image::format_named(name.empty() ? "png" : name);
  return name_.fill({.index = entry.index,
                     .number = static_cast<std::uint64_t>(number),
                     .seed = entry.request.seed + static_cast<std::uint64_t>(number),
                     .id = entry.id,
                     .prompt = entry.request.prompt}) +
         std::string(format.extensions.front());
}

std::string BatchRunner::settings_hash(PictureSettings settings, int number,
                                       const std::string& file) const {
  settings.seed += static_cast<std::uint64_t>(number);
  settings.decoder_seed += static_cast<std::uint64_t>(number);
  Json all = options::settings_to_json(settings);
  all["file"] = file;
  all["quality"] = settings_.output.quality;
  all["metadata"] = !settings_.output.no_metadata;
  return sha256_hex(all.dump());
}

/// Says so if it is.
bool BatchRunner::is_there(const PromptEntry& entry, int number, const PictureSettings& first) {
  const std::string file = file_name(entry, number);
  const image::Format* format = image::format_of(file);
  if (format == nullptr) {
    throw Error(ErrorKind::kUsage, "output: '" + file + "' needs an extension such as .png");
  }
  require_inside(file, "output");
  if (!format->alpha && entry.request.background == "transparent") {
    throw Error(ErrorKind::kUsage, "background transparent needs png or webp, not " + file);
  }
  BatchRecord record{.id = entry.id,
                     .index = entry.index,
                     .prompt = entry.request.prompt,
                     .seed = entry.request.seed + static_cast<std::uint64_t>(number),
                     .file = file,
                     .sha256 = {},
                     .status = "skipped",
                     .error = {},
                     .ms = 0,
                     .settings = settings_hash(first, number, file)};
  std::error_code ignored;
  const bool left_alone =
      settings_.output.if_exists == "skip" && fs::exists(settings_.batch.out_dir / file, ignored);
  if (!left_alone && !log_.is_done(record.index, record.seed, record.settings)) return false;
  ++counts_.skipped;
  report(record);
  return true;
}

void BatchRunner::draw() {
  std::vector<GenerateRequest> requests;
  for (const Job& job : jobs_) requests.push_back(job.request);
  try {
    generator_.generate(requests, [&](int job, int index, GeneratedPicture picture) {
      keep(jobs_[static_cast<std::size_t>(job)], index, picture);
    });
  } catch (const Error& error) {
    if (!settings_.batch.keep_going || ends_the_batch(error.kind())) throw;
    draw_one_by_one();
  }
  jobs_.clear();
  waiting_ = 0;
}

/// Finds out which picture it was that could not be drawn.
void BatchRunner::draw_one_by_one() {
  for (Job& job : jobs_) {
    for (int i = 0; i < job.request.count; ++i) {
      if (job.done[static_cast<std::size_t>(i)]) continue;
      GenerateRequest one = job.request;
      one.count = 1;
      one.seed += static_cast<std::uint64_t>(i);
      if (one.decoder_seed) *one.decoder_seed += static_cast<std::uint64_t>(i);
      try {
        keep(job, i, generator_.generate(one).at(0));
      } catch (const Error& error) {
        if (ends_the_batch(error.kind())) throw;
        record_failure(job, i, error.what());
      }
    }
  }
}

void BatchRunner::keep(Job& job, int index, const GeneratedPicture& picture) {
  bar_.clear();
  job.done[static_cast<std::size_t>(index)] = true;
  const int number = job.first + index;
  const std::string file = file_name(job.entry, number);
  BatchRecord record{.id = job.entry.id,
                     .index = job.entry.index,
                     .prompt = job.entry.request.prompt,
                     .seed = picture.settings.seed,
                     .file = file,
                     .sha256 = {},
                     .status = "ok",
                     .error = {},
                     .ms = 0,
                     .settings = settings_hash(picture.settings, 0, file)};
  try {
    write(picture, &record);
  } catch (const Error& error) {
    if (!settings_.batch.keep_going) rethrow_with_context(job.entry.where);
    record_failure(job, index, error.what());
    return;
  }
  kept_since_progress_ = true;
  record.ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - drawing_since_).count();
  log_.append(record);
  ++counts_.made;
  report(record);
}

/// Fills in the file's hash and the name it got.
void BatchRunner::write(const GeneratedPicture& picture, BatchRecord* record) {
  image::EncodeOptions options;
  options.quality = settings_.output.quality;
  if (!settings_.output.no_metadata) options.metadata = make_metadata(picture.settings);
  const std::string bytes =
      image::encode(picture.picture, *image::format_of(record->file), options);
  record->sha256 = sha256_hex(bytes);

  const fs::path path = settings_.batch.out_dir / record->file;
  IfExists if_exists = parse_if_exists(settings_.output.if_exists);
  if (settings_.batch.resume) {
    // A kill may come between a file and its line in the manifest.
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored) &&
        sha256_hex_of_file(path, ErrorKind::kOutput) == record->sha256) {
      return;
    }
    if (log_.wrote(record->index, record->seed, record->file)) if_exists = IfExists::kOverwrite;
  }
  if (path.has_parent_path()) make_folders(path.parent_path());
  const auto written = write_file(path, bytes, if_exists);
  if (!written) record->status = "skipped";
  if (written) record->file = written->lexically_relative(settings_.batch.out_dir).string();
}

void BatchRunner::record_failure(const Job& job, int index, const std::string& error) {
  const BatchRecord record{.id = job.entry.id,
                           .index = job.entry.index,
                           .prompt = job.entry.request.prompt,
                           .seed = job.request.seed + static_cast<std::uint64_t>(index),
                           .file = {},
                           .sha256 = {},
                           .status = "failed",
                           .error = error,
                           .ms = 0,
                           .settings = {}};
  log_.append(record);
  ++counts_.failed;
  bar_.clear();
  log(LogLevel::kWarning, job.entry.where + ": " + error);
  if (settings_.ui.json) print(to_json(record).dump() + "\n");
}

void BatchRunner::report(const BatchRecord& record) {
  bar_.clear();
  print(settings_.ui.json ? to_json(record).dump() + "\n"
                          : (settings_.batch.out_dir / record.file).string() + "\n");
}

}  // namespace dalle2::cli
