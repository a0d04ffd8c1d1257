#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "dalle2/request.h"

namespace dalle2::cli {

/// One prompt of a batch.
struct PromptEntry {
  std::uint64_t index = 0;  // of the prompts in the file, from 0
  std::string where;        // "prompts.txt:12"
  std::string id;           // may be empty
  std::string output;       // file name given for it; empty: from --name
  GenerateRequest request;
};

/// The seed of an entry that has none of its own: from the batch's seed and the entry's place in
/// the file alone, so that shards and resumed runs agree.
std::uint64_t entry_seed(std::uint64_t batch_seed, std::uint64_t index);

/// Reads a file of prompts entry by entry, never more than a line at once.
///
/// Text: one prompt a line; blank lines and lines that start with # are skipped, `\#` at the start
/// of a line means #. JSON lines, if the name ends in .jsonl or the first line starts with {: an
/// object with "prompt" and any of "id", "output", "n" and the options of a request.
class PromptFile {
 public:
  /// `name` is what errors call the file; `defaults` holds what an entry does not say, its seed
  /// being the batch's. References must outlive this.
  PromptFile(std::istream& in, std::string name, const GenerateRequest& defaults);

  /// Empty at the end. Throws Error(kUsage) "file:line: …" for text that is not UTF-8, unknown keys
  /// and values out of range.
  std::optional<PromptEntry> next();

 private:
  bool read_line(std::string* line);
  std::string where() const;
  PromptEntry entry_from_text(const std::string& line) const;
  PromptEntry entry_from_json(const std::string& line) const;

  std::istream& in_;
  std::string name_;
  const GenerateRequest& defaults_;
  std::optional<bool> json_lines_;  // unknown until the first line with content
  std::uint64_t line_ = 0;
  std::uint64_t index_ = 0;
};

}  // namespace dalle2::cli
