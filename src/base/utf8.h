#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// UTF-8 as in RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
namespace dalle2 {

/// One character at the start of a text.
struct Utf8Character {
  char32_t code_point = 0;
  std::size_t bytes = 0;  // 0: the text is empty or does not start with valid UTF-8
};

Utf8Character first_character(std::string_view text);

/// Offset of the first byte that is not part of valid UTF-8; empty if all is.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// Throws Error(kRuntime) if it is a surrogate or past U+10FFFF.
void append_utf8(char32_t code_point, std::string* text);

/// Columns that valid UTF-8 takes in a terminal: 2 for East Asian wide characters and emoji, 0 for
/// combining marks, joiners and control characters.
std::size_t display_width(std::string_view text);

/// The text, or as much of it as fits into `columns` with "…" at the end. `columns` >= 1; never
/// cuts a character in two, nor a mark from its letter.
std::string truncate_to_width(std::string_view text, std::size_t columns);

}  // namespace dalle2
