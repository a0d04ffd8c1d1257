#include "cli/prompt_file.h"

#include <istream>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/seeds.h"
#include "base/utf8.h"
#include "options/check.h"
#include "options/request_json.h"

namespace dalle2::cli {
namespace {

constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlank = " \t\r";

[[noreturn]] void fail(const std::string& where, const std::string& reason) {
  throw Error(ErrorKind::kUsage, where + ": " + reason);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Takes the text `key` out of the object; empty if it is not there.
std::string take_text(Json* object, const char* key, const std::string& where) {
  const auto found = object->find(key);
  if (found == object->end()) return {};
  if (!found->is_string()) fail(where + ": " + key, "expected a text");
  std::string text = found->get<std::string>();
  if (text.empty()) fail(where + ": " + key, "is empty");
  object->erase(found);
  return text;
}

Json parse_line(const std::string& line, const std::string& name, std::uint64_t number,
                const std::string& where) {
  try {
    return parse_json(line, where, ErrorKind::kUsage);
  } catch (const Error&) {
    if (Json::accept(line)) throw;
    // Again with the lines before it, so that the error names the right one.
    return parse_json(std::string(number - 1, '\n') + line, name, ErrorKind::kUsage);
  }
}

}  // namespace

std::uint64_t entry_seed(std::uint64_t batch_seed, std::uint64_t index) {
  constexpr std::uint64_t kShort = 0xffff'ffff;  // to be typed again
  return stream_seed(batch_seed, "batch", index) & kShort;
}

PromptFile::PromptFile(std::istream& in, std::string name, const GenerateRequest& defaults)
    : in_(in), name_(std::move(name)), defaults_(defaults) {}

std::optional<PromptEntry> PromptFile::next() {
  for (std::string line; read_line(&line);) {
    const std::string content(trimmed(line));
    if (content.empty() || content.front() == '#') continue;
    if (!json_lines_) {
      json_lines_ = name_.ends_with(".jsonl") || name_.ends_with(".ndjson") || content[0] == '{';
    }
    PromptEntry entry = *json_lines_ ? entry_from_json(content) : entry_from_text(content);
    try {
      options::check_request(entry.request);
    } catch (const Error&) {
      rethrow_with_context(entry.where);
    }
    ++index_;
    return entry;
  }
  return std::nullopt;
}

bool PromptFile::read_line(std::string* line) {
  line->clear();
  std::streambuf& buffer = *in_.rdbuf();
  int next = buffer.sbumpc();
  if (next == std::char_traits<char>::eof()) return false;
  ++line_;
  for (; next != std::char_traits<char>::eof() && next != '\n'; next = buffer.sbumpc()) {
    if (line->size() == kMaxLineBytes) fail(where(), "the line is longer than 1 MiB");
    *line += static_cast<char>(next);
  }
  if (line_ == 1 && line->starts_with(kByteOrderMark)) line->erase(0, kByteOrderMark.size());
  if (const auto at = find_invalid_utf8(*line)) {
    fail(where(), "is not UTF-8 at byte " + std::to_string(*at + 1) + "; save it as UTF-8");
  }
  return true;
}

std::string PromptFile::where() const { return name_ + ":" + std::to_string(line_); }

PromptEntry PromptFile::entry_from_text(const std::string& line) const {
  PromptEntry entry{
      .index = index_, .where = where(), .id = {}, .output = {}, .request = defaults_};
  entry.request.prompt = line.starts_with("\\#") ? line.substr(1) : line;
  entry.request.seed = entry_seed(defaults_.seed, index_);
  return entry;
}

PromptEntry PromptFile::entry_from_json(const std::string& line) const {
  PromptEntry entry{.index = index_, .where = where(), .id = {}, .output = {}, .request = {}};
  Json given = parse_line(line, name_, line_, entry.where);
  if (!given.is_object()) fail(entry.where, "expected an object such as {\"prompt\": \"a fox\"}");
  entry.id = take_text(&given, "id", entry.where);
  entry.output = take_text(&given, "output", entry.where);
  if (const auto n = given.find("n"); n != given.end()) {
    if (given.contains("count")) fail(entry.where, "n and count mean the same; give one of them");
    given["count"] = *n;
    given.erase("n");
  }
  Json merged = options::request_to_json(defaults_);
  merged.erase("prompt");
  merged["seed"] = entry_seed(defaults_.seed, index_);
  merged.update(given);
  entry.request = options::request_from_json(merged, entry.where);
  return entry;
}

}  // namespace dalle2::cli
