#include "image/codec.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "dalle2/error.h"
#include "image/format.h"

namespace dalle2::image {
namespace {

using namespace std::string_view_literals;

constexpr int kMaxSide = 32768;

const std::array kFormats = {&kPngFormat, &kJpegFormat, &kWebpFormat};

// Files that people try, by how they begin, for a message that helps.
struct Lookalike {
  std::string_view start;
  std::string_view name;
};
constexpr std::array kLookalikes = {
    Lookalike{"GIF8"sv, "a GIF picture"},
    Lookalike{"BM"sv, "a BMP picture"},
    Lookalike{"II*\0"sv, "a TIFF picture"},
    Lookalike{"MM\0*"sv, "a TIFF picture"},
    Lookalike{"\0\0\0\x1c"
              "ftyp"sv,
              "a HEIC or AVIF picture"},
    Lookalike{"\0\0\0 ftyp"sv, "a HEIC or AVIF picture"},
    Lookalike{"%PDF"sv, "a PDF document"},
    Lookalike{"<svg"sv, "an SVG picture"},
    Lookalike{"<?xml"sv, "an XML or SVG file"},
    Lookalike{"<!DOCTYPE"sv, "a web page"},
    Lookalike{"<html"sv, "a web page"},
    Lookalike{"PK\x03\x04"sv, "a zip archive"},
    Lookalike{"\xff\x0a"sv, "a JPEG XL picture"},
    Lookalike{"8BPS"sv, "a Photoshop document"},
};

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
  }
  return text;
}

void check_picture(const Picture& picture, const EncodeOptions& options) {
  const auto reject = [](const std::string& reason) { throw Error(ErrorKind::kUsage, reason); };
  if (picture.width < 1 || picture.height < 1 || picture.width > kMaxSide ||
      picture.height > kMaxSide) {
    reject("a picture of " + std::to_string(picture.width) + "x" + std::to_string(picture.height) +
           " cannot be stored: sides are 1 to " + std::to_string(kMaxSide) + " pixels");
  }
  if (picture.rgba.size() != std::size_t(picture.width) * std::size_t(picture.height) * 4) {
    reject("a picture of " + std::to_string(picture.width) + "x" + std::to_string(picture.height) +
           " cannot have " + std::to_string(picture.rgba.size()) + " bytes of pixels");
  }
  if (options.quality < 1 || options.quality > 100) {
    reject("quality is 1 to 100, not " + std::to_string(options.quality));
  }
}

}  // namespace

std::span<const Format* const> formats() { return kFormats; }

const Format& format_named(std::string_view name) {
  std::string names;
  const std::string wanted = lower(std::string(name));
  for (const Format* format : kFormats) {
    if (wanted == format->name || (wanted == "jpg" && format == &kJpegFormat)) return *format;
    names += (names.empty() ? "" : ", ") + std::string(format->name);
  }
  throw Error(ErrorKind::kUsage,
              "no picture format '" + std::string(name) + "': choose one of " + names);
}

const Format* format_of(const std::filesystem::path& path) {
  const std::string extension = lower(path.extension().string());
  for (const Format* format : kFormats) {
    if (std::ranges::find(format->extensions, extension) != format->extensions.end()) return format;
  }
  return nullptr;
}

const Format& format_of_bytes(std::string_view bytes) {
  for (const Format* format : kFormats) {
    if (format->matches(bytes)) return *format;
  }
  std::string what = bytes.empty() ? "an empty file" : "something else";
  for (const Lookalike& lookalike : kLookalikes) {
    if (bytes.starts_with(lookalike.start)) what = lookalike.name;
  }
  throw Error(ErrorKind::kUsage, "not a PNG, JPEG or WebP picture but " + what);
}

std::string encode(const Picture& picture, const Format& format, const EncodeOptions& options) {
  check_picture(picture, options);
  return format.encode(picture, options);
}

Picture decode(std::string_view bytes, const DecodeLimits& limits) {
  return format_of_bytes(bytes).decode(bytes, limits);
}

Metadata read_metadata(std::string_view bytes) {
  return format_of_bytes(bytes).read_metadata(bytes);
}

const std::string* find_text(const Metadata& metadata, std::string_view key) {
  for (const TextEntry& entry : metadata) {
    if (entry.key == key) return &entry.text;
  }
  return nullptr;
}

void check_pixels(std::string_view format, std::uint64_t width, std::uint64_t height,
                  const DecodeLimits& limits) {
  constexpr std::uint64_t kMaxDecodedSide = 1 << 20;
  if (width < 1 || height < 1 || width > kMaxDecodedSide || height > kMaxDecodedSide ||
      width * height > limits.max_pixels) {
    refuse_file(format, "it claims to be " + std::to_string(width) + "x" + std::to_string(height) +
                            " pixels, and at most " + std::to_string(limits.max_pixels) +
                            " pixels are read");
  }
}

void refuse_file(std::string_view format, std::string_view reason) {
  throw Error(ErrorKind::kUsage,
              "the " + std::string(format) + " file cannot be read: " + std::string(reason));
}

}  // namespace dalle2::image
