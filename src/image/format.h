#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "image/codec.h"

/// One file each: what codec.cpp's table of formats is made of, and checks that they share.
namespace dalle2::image {

extern const Format kPngFormat;
extern const Format kJpegFormat;
extern const Format kWebpFormat;

/// Throws Error(kUsage) when the file announces more pixels than allowed, or a side of 0 or over
/// 2^20.
void check_pixels(std::string_view format, std::uint64_t width, std::uint64_t height,
                  const DecodeLimits& limits);

/// Throws Error(kUsage) for "the PNG file cannot be read: reason".
[[noreturn]] void refuse_file(std::string_view format, std::string_view reason);

}  // namespace dalle2::image
