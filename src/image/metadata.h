#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dalle2::image {

/// A text stored in a picture file.
struct TextEntry {
  std::string key;   // 1 to 79 printable ASCII characters; `parameters` is the one other tools read
  std::string text;  // UTF-8

  bool operator==(const TextEntry&) const = default;
};

/// In the order in which they are written.
using Metadata = std::vector<TextEntry>;

/// The texts in a PNG (tEXt, zTXt, iTXt), JPEG or WebP (EXIF) file, without decoding pixels. Empty
/// when there are none; texts that are damaged or over 16 MiB are left out. Throws Error(kUsage)
/// when `bytes` is none of these formats.
Metadata read_metadata(std::string_view bytes);

/// The text with this key, or null.
const std::string* find_text(const Metadata& metadata, std::string_view key);

}  // namespace dalle2::image
