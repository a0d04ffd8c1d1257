#include "text/clip_vocabulary.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/files.h"
#include "base/json.h"
#include "dalle2/error.h"
#include "text/clip_words.h"

namespace dalle2::text {
namespace {

constexpr std::string_view kEndOfWord = "</w>";
constexpr std::int64_t kMaxId = 10'000'000;
constexpr std::size_t kMaxFileSize = 64 << 20;

using Ids = std::unordered_map<std::string, std::int64_t>;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& reason) {
  throw Error(ErrorKind::kModel, file.string() + ": " + reason);
}

Ids read_ids(const std::filesystem::path& file) {
  const Json json = read_json(file, ErrorKind::kModel, kMaxFileSize);
  if (!json.is_object()) refuse(file, "not a JSON object of tokens and ids");
  Ids ids;
  std::unordered_set<std::int64_t> seen;
  for (const auto& [token, value] : json.items()) {
    const bool valid =
        value.is_number_integer() && value.get<double>() >= 0 && value.get<double>() <= kMaxId;
    if (!valid) refuse(file, "token '" + token + "' has no id from 0 to " + std::to_string(kMaxId));
    const auto id = value.get<std::int64_t>();
    if (!seen.insert(id).second) {
      refuse(file, "id " + std::to_string(id) + " is used twice, by token '" + token + "' too");
    }
    ids.emplace(token, id);
  }
  return ids;
}

// GPT-2's printable stand-in for each byte (Radford et al. 2019): itself where Latin-1 prints it,
// the characters from U+0100 on for the rest.
std::array<std::string, 256> byte_names() {
  std::array<std::string, 256> names;
  unsigned next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
    const unsigned character = printable ? byte : next++;
    if (character < 0x80) {
      names[byte] = static_cast<char>(character);
    } else {
      names[byte] = {static_cast<char>(0xC0 | character >> 6),
                     static_cast<char>(0x80 | (character & 0x3F))};
    }
  }
  return names;
}

std::int64_t required(const Ids& ids, std::string_view token, const std::filesystem::path& file) {
  const auto found = ids.find(std::string(token));
  if (found == ids.end()) refuse(file, "token '" + std::string(token) + "' is missing");
  return found->second;
}

// One line: two tokens with a space between; their joint must be a token as well.
void add_merge(std::string_view line, const std::string& place, const Ids& ids, BytePairs* pairs) {
  const std::size_t space = line.find(' ');
  if (space == 0 || space == std::string_view::npos || space + 1 == line.size() ||
      line.find(' ', space + 1) != std::string_view::npos) {
    throw Error(ErrorKind::kModel, place + ": not two tokens with a space between");
  }
  const std::string left(line.substr(0, space));
  const std::string right(line.substr(space + 1));
  const auto id_of = [&](const std::string& token) {
    const auto found = ids.find(token);
    if (found == ids.end()) {
      throw Error(ErrorKind::kModel, place + ": token '" + token +
                                         "' is not in vocab.json; the two files must come from the "
                                         "same tokenizer");
    }
    return found->second;
  };
  if (!pairs->add(id_of(left), id_of(right), id_of(left + right))) {
    throw Error(ErrorKind::kModel, place + ": this merge is listed twice");
  }
}

void read_merges(const std::filesystem::path& file, const Ids& ids, BytePairs* pairs) {
  const std::string text = read_file(file, ErrorKind::kModel, kMaxFileSize);
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool version = number == 1 && line.starts_with("#version");
    if (!version && !line.empty()) {
      add_merge(line, file.string() + ":" + std::to_string(number), ids, pairs);
    }
  }
}

}  // namespace

ClipVocabulary read_clip_vocabulary(const std::filesystem::path& vocab_json,
                                    const std::filesystem::path& merges_txt) {
  const Ids ids = read_ids(vocab_json);
  ClipVocabulary vocabulary;
  vocabulary.start_of_text = required(ids, kStartOfText, vocab_json);
  vocabulary.end_of_text = required(ids, kEndOfText, vocab_json);
  for (const auto& [token, id] : ids) vocabulary.size = std::max(vocabulary.size, id + 1);

  const auto id_or_unknown = [&](const std::string& token) {
    const auto found = ids.find(token);
    return found == ids.end() ? vocabulary.end_of_text : found->second;
  };
  const std::array<std::string, 256> names = byte_names();
  for (std::size_t byte = 0; byte < names.size(); ++byte) {
    vocabulary.bytes[byte] = id_or_unknown(names[byte]);
    vocabulary.last_bytes[byte] = id_or_unknown(names[byte] + std::string(kEndOfWord));
  }
  read_merges(merges_txt, ids, &vocabulary.pairs);
  return vocabulary;
}

}  // namespace dalle2::text
