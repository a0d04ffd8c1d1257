#include "text/unicode.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <span>
#include <vector>

#include <utf8proc.h>

namespace dalle2::text {
namespace {

constexpr char32_t kCapitalIWithDot = 0x130;
constexpr char32_t kCombiningDotAbove = 0x307;

// Every White_Space character outside categories Zs, Zl and Zp.
bool is_control_space(char32_t c) { return (c >= 0x9 && c <= 0xD) || c == 0x85; }

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
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(utf8.data());
  const auto size = static_cast<utf8proc_ssize_t>(utf8.size());
  constexpr auto kForm = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const utf8proc_ssize_t count = utf8proc_decompose(bytes, size, nullptr, 0, kForm);
  if (count < 0) throw std::bad_alloc();  // valid input leaves no other error
  std::vector<utf8proc_int32_t> characters(static_cast<std::size_t>(count));
  utf8proc_decompose(bytes, size, characters.data(), count, kForm);
  const utf8proc_ssize_t composed = utf8proc_normalize_utf32(characters.data(), count, kForm);

  std::u32string lower;
  for (const auto c : std::span(characters).first(static_cast<std::size_t>(composed))) {
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
