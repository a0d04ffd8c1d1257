#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dalle2::image {

/// Numbers in files. Reading past the end gives zero, so that parsers of untrusted bytes need only
/// check lengths where it changes what they do.
enum class ByteOrder { kBig, kLittle };

inline std::uint32_t read_number(std::string_view bytes, std::size_t offset, std::size_t size,
                                 ByteOrder order) {
  if (offset > bytes.size() || size > bytes.size() - offset) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = order == ByteOrder::kBig ? i : size - 1 - i;
    value = value << 8 | static_cast<unsigned char>(bytes[offset + at]);
  }
  return value;
}

inline void append_number(std::string* bytes, std::uint32_t value, std::size_t size,
                          ByteOrder order) {
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t shift = order == ByteOrder::kBig ? size - 1 - i : i;
    *bytes += static_cast<char>(value >> (8 * shift) & 255);
  }
}

/// The part of `bytes` at `offset`, cut at the end; never throws.
inline std::string_view slice(std::string_view bytes, std::size_t offset, std::size_t size) {
  return offset < bytes.size() ? bytes.substr(offset, size) : std::string_view();
}

}  // namespace dalle2::image
