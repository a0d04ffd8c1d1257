#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "base/file_descriptor.h"
#include "base/json.h"
#include "cli/shard.h"

namespace dalle2::cli {

/// One picture of a batch, or what went wrong with it: a line of the manifest.
struct BatchRecord {
  std::string id;
  std::uint64_t index = 0;
  std::string prompt;
  std::uint64_t seed = 0;
  std::string file;    // relative to the folder; empty if it failed
  std::string sha256;  // of the file
  std::string status;  // ok, skipped (was there already, with --if-exists skip), failed
  std::string error;
  std::int64_t ms = 0;   // from the start of its network calls until it was written
  std::string settings;  // SHA-256 of all that makes the file
};

Json to_json(const BatchRecord& record);

/// manifest.jsonl in the folder of a batch, to which lines are only ever added; a shard has
/// manifest-2-of-8.jsonl of its own, because not every filesystem lets several machines add to one.
class BatchLog {
 public:
  /// With `resume`, reads what all manifests in the folder say. Without, a manifest that is there
  /// already is an error unless `overwrite`. Throws Error(kOutput), also while another process
  /// writes to this manifest.
  BatchLog(const std::filesystem::path& folder, const Shard& shard, bool resume, bool overwrite);

  /// Whether the picture is there: made from the same settings, and unchanged since.
  bool is_done(std::uint64_t index, std::uint64_t seed, const std::string& settings) const;

  /// Whether an earlier run of this batch wrote `file` for this picture.
  bool wrote(std::uint64_t index, std::uint64_t seed, const std::string& file) const;

  /// One line, on disk when this returns. Throws Error(kOutput).
  void append(const BatchRecord& record);

  const std::filesystem::path& path() const { return path_; }

 private:
  /// Of the newest line about a picture that has a file.
  struct Made {
    std::string file;
    std::string sha256;
    std::string settings;
  };

  void read(const std::filesystem::path& path);
  void write(const std::string& bytes);

  std::filesystem::path folder_;
  std::filesystem::path path_;
  FileDescriptor file_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Made> made_;  // by index and seed
};

}  // namespace dalle2::cli
