#include <fstream>
#include <iostream>
#include <string>

#include "base/cancel.h"
#include "base/files.h"
#include "base/log.h"
#include "cli/batch_log.h"
#include "cli/batch_runner.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/prompt_file.h"
#include "cli/shard.h"
#include "cli/signals.h"
#include "options/environment.h"

namespace dalle2::cli {
namespace {

namespace fs = std::filesystem;

/// The prompts of a shard, one by one.
class Source {
 public:
  /// A file, or "-" for standard input. Throws Error(kUsage) if it cannot be opened.
  Source(const std::string& name, const GenerateRequest& defaults, const Shard& shard)
      : shard_(shard),
        prompts_(open(name, &file_), name == "-" ? "standard input" : name, defaults) {}

  std::optional<PromptEntry> next() {
    for (auto entry = prompts_.next(); entry; entry = prompts_.next()) {
      if (shard_.has(entry->index)) return entry;
    }
    return std::nullopt;
  }

 private:
  static std::istream& open(const std::string& name, std::ifstream* file) {
    if (name == "-") return std::cin;
    std::error_code error;
    if (fs::is_directory(name, error)) throw Error(ErrorKind::kUsage, name + ": is a folder");
    file->open(name, std::ios::binary);
    if (!*file) throw Error(ErrorKind::kUsage, name + ": cannot be opened; is it there?");
    return *file;
  }

  std::ifstream file_;
  Shard shard_;
  PromptFile prompts_;
};

/// Reads all of a file before anything is drawn, so that a mistake in its last line is known at
/// once. How many pictures it asks for; 0 for what can be read only once.
std::uint64_t count_pictures(const std::string& name, const GenerateRequest& defaults,
                             const Shard& shard) {
  std::error_code error;
  if (name == "-" || !fs::is_regular_file(name, error)) return 0;
  Source source(name, defaults, shard);
  std::uint64_t pictures = 0;
  while (const auto entry = source.next())
    pictures += static_cast<std::uint64_t>(entry->request.count);
  return pictures;
}

void summarize(const BatchCounts& counts, const BatchLog& log) {
  std::string text = std::to_string(counts.made) + " made";
  if (counts.skipped > 0) text += ", " + std::to_string(counts.skipped) + " there already";
  if (counts.failed > 0) {
    throw Error(ErrorKind::kPartial, text + ", " + std::to_string(counts.failed) +
                                         " failed; why is in " + log.path().string() +
                                         ", and --resume tries them again");
  }
  dalle2::log(LogLevel::kInfo, text);
}

}  // namespace

int run_batch(const options::Invocation& invocation) {
  options::Settings settings = invocation.settings;
  const std::string& file = settings.arguments.front();
  const NameTemplate checked_early(settings.batch.name);
  const Shard shard = parse_shard(settings.batch.shard, settings.batch.shard_count.value_or(0),
                                  options::process_environment());
  const std::uint64_t pictures = count_pictures(file, settings.request, shard);
  Source source(file, settings.request, shard);
  fs::path& folder = settings.batch.out_dir;
  make_folders(folder);
  require_writable_folder(folder);
  BatchLog log(folder, shard, settings.batch.resume, settings.output.if_exists != "error");
  dalle2::log(LogLevel::kInfo, "seed " + std::to_string(settings.request.seed));
  catch_signals();

  ProgressBar bar(std::cerr, error_terminal(settings.ui), static_cast<int>(pictures));
  BatchRunner* running = nullptr;
  GeneratorOptions options = settings.generator;
  options.fixed_batch = true;
  options.cancelled = is_cancelled;
  options.progress = [&](const Progress& progress) { running->on_progress(progress); };
  options.warn = [&](std::string_view message) {
    bar.clear();
    dalle2::log(LogLevel::kWarning, message);
  };
  Generator generator(options);
  BatchRunner runner(settings, generator, log, bar);
  running = &runner;
  while (const auto entry = source.next()) {
    if (is_cancelled()) throw Error(ErrorKind::kCancelled, "stopped");
    runner.add(*entry);
  }
  runner.finish();
  summarize(runner.counts(), log);
  return kSuccess;
}

}  // namespace dalle2::cli
