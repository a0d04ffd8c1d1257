#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "image/bytes.h"

/// The encodings that picture files use for text, from and to UTF-8.
namespace dalle2::image {

/// Empty optional when a character is outside Latin-1, or `utf8` is not UTF-8.
std::optional<std::string> utf8_to_latin1(std::string_view utf8);
std::string latin1_to_utf8(std::string_view latin1);

/// Damaged parts become U+FFFD.
std::string utf8_to_utf16(std::string_view utf8, ByteOrder order);
std::string utf16_to_utf8(std::string_view utf16, ByteOrder order);

bool is_ascii(std::string_view text);

/// Bytes from a file: as they are when they are UTF-8, taken as Latin-1 otherwise.
std::string to_utf8(std::string_view bytes);

}  // namespace dalle2::image
