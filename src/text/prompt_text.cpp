#include "text/prompt_text.h"

#include <cstddef>
#include <string>

#include "base/utf8.h"
#include "dalle2/error.h"
#include "text/unicode.h"

namespace dalle2::text {

void require_utf8(std::string_view prompt) {
  if (const auto offset = find_invalid_utf8(prompt)) {
    throw Error(ErrorKind::kUsage, "the prompt is not UTF-8: byte " + std::to_string(*offset) +
                                       " (counted from 0) belongs to no character");
  }
}

std::vector<std::string_view> words_of(std::string_view prompt) {
  std::vector<std::string_view> words;
  std::size_t start = 0;
  for (std::size_t at = 0; at <= prompt.size();) {
    const Utf8Character character = first_character(prompt.substr(at));
    const bool end = character.bytes == 0;  // of the prompt, which is valid
    if (end || classify(character.code_point) == CharacterClass::kSpace) {
      if (at > start) words.push_back(prompt.substr(start, at - start));
      start = at + character.bytes;
    }
    at += end ? 1 : character.bytes;
  }
  return words;
}

}  // namespace dalle2::text
