#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "image/metadata.h"

/// The container of PNG files (W3C PNG 3rd edition): a signature, then chunks of length, type, data
/// and CRC-32.
namespace dalle2::image {

inline constexpr std::string_view kPngSignature{"\x89PNG\r\n\x1a\n", 8};

struct PngChunk {
  std::string_view type;  // four letters
  std::string_view data;
};

/// The chunks up to IEND or to the first that is cut off.
std::vector<PngChunk> png_chunks(std::string_view png);

/// One tEXt chunk (when the text is Latin-1) or iTXt chunk, whole.
std::string make_text_chunk(const TextEntry& entry);

/// Puts text chunks right after IHDR, where readers find them without scanning the pixels.
std::string splice_text_chunks(std::string_view png, const Metadata& metadata);

/// The texts of tEXt, zTXt and iTXt chunks.
Metadata read_text_chunks(std::string_view png);

}  // namespace dalle2::image
