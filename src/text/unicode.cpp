#include "text/unicode.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <utf8proc.h>

#include "base/utf8.h"

namespace dalle2::text {
namespace {

constexpr auto kForm = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
constexpr char32_t kCapitalIWithDot = 0x130;
constexpr char32_t kCombiningDotAbove = 0x307;

// Every White_Space character outside categories Zs, Zl and Zp.
bool is_control_space(char32_t c) { return (c >= 0x9 && c <= 0xD) || c == 0x85; }

std::uint8_t combining_class(utf8proc_int32_t c) {
  return static_cast<std::uint8_t>(utf8proc_get_property(c)->combining_class);
}

// `utf8` must be valid.
std::vector<utf8proc_int32_t> decompose(std::string_view utf8) {
  std::vector<utf8proc_int32_t> characters;
  while (!utf8.empty()) {
    const Utf8Character character = first_character(utf8);
    utf8.remove_prefix(character.bytes);
    std::array<utf8proc_int32_t, 8> parts;  // the longest canonical decomposition has four
    int boundary = 0;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(character.code_point),
                                               parts.data(), parts.size(), kForm, &boundary);
    characters.insert(characters.end(), parts.begin(), parts.begin() + count);
  }
  return characters;
}

// Unicode's canonical order. utf8proc_decompose does the same by insertion, which takes seconds for
// a prompt that is nothing but marks.
void order_marks(std::vector<utf8proc_int32_t>* characters) {
  const auto is_mark = [](utf8proc_int32_t c) { return combining_class(c) != 0; };
  for (auto end = characters->begin(); end != characters->end();) {
    const auto start = std::find_if(end, characters->end(), is_mark);
    end = std::find_if_not(start, characters->end(), is_mark);
    std::ranges::stable_sort(start, end, {}, combining_class);
  }
}

}  // namespace

CharacterClass classify(char32_t character) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(character))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return CharacterClass::kLetter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharacterClass::kNumber;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return CharacterClass::kSpace;
    default:
      return is_control_space(character) ? CharacterClass::kSpace : CharacterClass::kOther;
  }
}

std::u32string compose_and_lower(std::string_view utf8) {
  std::vector<utf8proc_int32_t> characters = decompose(utf8);
  order_marks(&characters);
  const auto count = utf8proc_normalize_utf32(
      characters.data(), static_cast<utf8proc_ssize_t>(characters.size()), kForm);
  characters.resize(static_cast<std::size_t>(count));

  std::u32string lower;
  for (const utf8proc_int32_t c : characters) {
    // The one character whose lower case is two.
    if (static_cast<char32_t>(c) == kCapitalIWithDot) {
      lower += {U'i', kCombiningDotAbove};
    } else {
      lower += static_cast<char32_t>(utf8proc_tolower(c));
    }
  }
  return lower;
}

}  // namespace dalle2::text
