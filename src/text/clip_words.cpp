#include "text/clip_words.h"

#include <array>
#include <cstddef>

#include "base/utf8.h"
#include "text/unicode.h"

namespace dalle2::text {
namespace {

constexpr std::array<std::u32string_view, 7> kContractions = {U"'s", U"'t",  U"'re", U"'ve",
                                                              U"'m", U"'ll", U"'d"};
// A special token typed in another case than its own is no token, but it is kept apart from what is
// around it and then cut again by the byte-level step.
using Special = std::array<std::u32string_view, 3>;
constexpr std::array<Special, 2> kSpecials = {Special{U"<|", U"startoftext", U"|>"},
                                              Special{U"<|", U"endoftext", U"|>"}};

std::string to_utf8(std::u32string_view characters) {
  std::string utf8;
  for (const char32_t c : characters) append_utf8(c, &utf8);
  return utf8;
}

// How many characters at the start of `rest`, which is not empty, are one piece.
std::size_t piece_length(std::u32string_view rest) {
  for (const std::u32string_view contraction : kContractions) {
    if (rest.starts_with(contraction)) return contraction.size();
  }
  const CharacterClass kind = classify(rest[0]);
  if (kind == CharacterClass::kNumber) return 1;
  std::size_t length = 1;
  while (length < rest.size() && classify(rest[length]) == kind) ++length;
  return length;
}

const Special* special_at(std::u32string_view rest) {
  for (const Special& special : kSpecials) {
    std::u32string_view tail = rest;
    bool found = true;
    for (const std::u32string_view part : special) {
      found = found && tail.starts_with(part);
      if (found) tail.remove_prefix(part.size());
    }
    if (found) return &special;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> clip_pieces(std::u32string_view word) {
  std::vector<std::string> pieces;
  const auto take = [&](std::size_t length) {
    pieces.push_back(to_utf8(word.substr(0, length)));
    word.remove_prefix(length);
  };
  while (!word.empty()) {
    if (const Special* special = special_at(word)) {
      for (const std::u32string_view part : *special) take(part.size());
    } else {
      take(piece_length(word));
    }
  }
  return pieces;
}

}  // namespace dalle2::text
