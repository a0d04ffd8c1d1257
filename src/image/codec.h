#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "dalle2/picture.h"
#include "image/color.h"
#include "image/metadata.h"

/// Picture files in memory. Bytes are held in std::string as files are elsewhere in the program.
namespace dalle2::image {

struct EncodeOptions {
  int quality = 92;           // 1 to 100, JPEG and WebP; 100 makes WebP lossless
  Color background = kWhite;  // put under the picture where the format has no alpha
  Metadata metadata = {};     // may be empty
};

struct DecodeLimits {
  std::uint64_t max_pixels = 64 * 1024 * 1024;  // checked before pixels are allocated
};

/// A row of the table of formats.
struct Format {
  std::string_view name;                         // png, jpeg, webp
  std::span<const std::string_view> extensions;  // with the dot, the usual one first
  std::string_view media_type;
  bool alpha;
  bool (*matches)(std::string_view bytes);  // by signature
  std::string (*encode)(const Picture& picture, const EncodeOptions& options);
  Picture (*decode)(std::string_view bytes, const DecodeLimits& limits);
  Metadata (*read_metadata)(std::string_view bytes);
};

std::span<const Format* const> formats();

/// By name (`jpg` counts as `jpeg`). Throws Error(kUsage) listing the names.
const Format& format_named(std::string_view name);

/// By a path's extension, in either case; null when no format has it.
const Format* format_of(const std::filesystem::path& path);

/// By the first bytes. Throws Error(kUsage) saying what the bytes look like instead.
const Format& format_of_bytes(std::string_view bytes);

/// Throws Error(kUsage) when the picture or an option is out of range, or too large for the format.
std::string encode(const Picture& picture, const Format& format, const EncodeOptions& options = {});

/// Any PNG, JPEG or WebP (first frame of an animation): grey, palette, 16-bit, CMYK, with EXIF's
/// orientation applied. Colour profiles are ignored: values are taken as sRGB. Throws Error(kUsage)
/// with the reason when the file is of another kind, damaged, truncated or over the limits.
Picture decode(std::string_view bytes, const DecodeLimits& limits = {});

}  // namespace dalle2::image
