#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "cli/batch_log.h"
#include "cli/name_template.h"
#include "cli/progress_bar.h"
#include "cli/prompt_file.h"
#include "dalle2/generator.h"
#include "options/settings.h"

namespace dalle2::cli {

/// What became of the pictures of a batch.
struct BatchCounts {
  std::uint64_t made = 0;
  std::uint64_t skipped = 0;
  std::uint64_t failed = 0;
};

/// Draws the pictures of a batch that are not there yet, in full network calls across prompts, and
/// writes and records each as soon as it is drawn. Holds a bounded number of prompts at a time.
class BatchRunner {
 public:
  /// References must outlive this.
  BatchRunner(const options::Settings& settings, Generator& generator, BatchLog& log,
              ProgressBar& bar);

  /// Takes an entry on; draws once enough have come together. With --keep-going, what fails is
  /// recorded; else it throws.
  void add(const PromptEntry& entry);

  /// Draws what is left.
  void finish();

  /// For the progress callback of the generator.
  void on_progress(Progress progress);

  const BatchCounts& counts() const { return counts_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// Pictures `first` to `first + request.count - 1` of an entry.
  struct Job {
    PromptEntry entry;
    int first;
    GenerateRequest request;
    std::vector<bool> done;
  };

  std::string file_name(const PromptEntry& entry, int number) const;
  std::string settings_hash(PictureSettings settings, int number, const std::string& file) const;
  bool is_there(const PromptEntry& entry, int number, const PictureSettings& first);
  void draw();
  void draw_one_by_one();
  void keep(Job& job, int index, const GeneratedPicture& picture);
  void write(const GeneratedPicture& picture, BatchRecord* record);
  void record_failure(const Job& job, int index, const std::string& error);
  void report(const BatchRecord& record);

  const options::Settings& settings_;
  Generator& generator_;
  BatchLog& log_;
  ProgressBar& bar_;
  NameTemplate name_;
  std::vector<Job> jobs_;
  std::int64_t waiting_ = 0;  // pictures in jobs_
  BatchCounts counts_;
  Clock::time_point drawing_since_ = Clock::now();
  bool kept_since_progress_ = true;
};

}  // namespace dalle2::cli
