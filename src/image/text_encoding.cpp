#include "image/text_encoding.h"

#include <algorithm>

#include "base/utf8.h"

namespace dalle2::image {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::uint32_t kByteOrderMark = 0xFEFF;

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

}  // namespace

std::optional<std::string> utf8_to_latin1(std::string_view utf8) {
  std::string latin1;
  while (!utf8.empty()) {
    const Utf8Character character = first_character(utf8);
    if (character.bytes == 0 || character.code_point > 0xFF) return std::nullopt;
    latin1 += static_cast<char>(character.code_point);
    utf8.remove_prefix(character.bytes);
  }
  return latin1;
}

std::string latin1_to_utf8(std::string_view latin1) {
  std::string utf8;
  for (const char c : latin1) append_utf8(static_cast<unsigned char>(c), &utf8);
  return utf8;
}

std::string utf8_to_utf16(std::string_view utf8, ByteOrder order) {
  std::string utf16;
  while (!utf8.empty()) {
    const Utf8Character character = first_character(utf8);
    char32_t c = character.bytes == 0 ? kReplacement : character.code_point;
    if (c >= 0x10000) {
      c -= 0x10000;
      append_number(&utf16, 0xD800 | c >> 10, 2, order);
      c = 0xDC00 | (c & 0x3FF);
    }
    append_number(&utf16, c, 2, order);
    utf8.remove_prefix(std::max<std::size_t>(1, character.bytes));
  }
  return utf16;
}

std::string utf16_to_utf8(std::string_view utf16, ByteOrder order) {
  std::string utf8;
  for (std::size_t at = 0; at + 2 <= utf16.size(); at += 2) {
    char32_t c = read_number(utf16, at, 2, order);
    const std::uint32_t next = read_number(utf16, at + 2, 2, order);
    if (is_high_surrogate(c) && is_low_surrogate(next)) {
      c = 0x10000 + ((c & 0x3FF) << 10 | (next & 0x3FF));
      at += 2;
    } else if (is_high_surrogate(c) || is_low_surrogate(c)) {
      c = kReplacement;
    }
    if (at != 0 || c != kByteOrderMark) append_utf8(c, &utf8);
  }
  return utf8;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string to_utf8(std::string_view bytes) {
  return find_invalid_utf8(bytes) ? latin1_to_utf8(bytes) : std::string(bytes);
}

}  // namespace dalle2::image
