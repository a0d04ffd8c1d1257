#include "pipeline/from_picture.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "image/composite.h"
#include "image/premultiplied.h"
#include "image/resize.h"

namespace dalle2::pipeline {
namespace {

/// [1, 4, size, size] in [0, 1], premultiplied.
at::Tensor premultiplied_tensor(const Picture& square, int size) {
  image::Premultiplied pixels = image::premultiply(square);
  // Small pictures are enlarged smoothly; means of areas when shrinking.
  const char* filter = square.width < size ? "bicubic" : "area";
  if (square.width != size) {
    pixels = image::resize(pixels, size, size, image::filter_named(filter));
  }
  return at::from_blob(pixels.rgba.data(), {1, size, size, 4}, at::kFloat)
      .clamp(0, 1)
      .permute({0, 3, 1, 2})
      .contiguous();
}

int offset(int side, int length) { return (side - length) / 2; }

/// Luma of ITU-R BT.601, 0 to 255.
std::uint8_t luma(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

}  // namespace

Picture squared(const Picture& picture) {
  if (picture.width == picture.height) return picture;
  const int side = std::max(picture.width, picture.height);
  Picture square = image::filled(side, side, image::kTransparent);
  image::paste(picture, offset(side, picture.width), offset(side, picture.height), &square);
  return square;
}

Picture unsquared(const Picture& square, int width, int height) {
  if (width == height) return square;
  return image::crop(square, offset(square.width, width), offset(square.height, height), width,
                     height);
}

at::Tensor from_picture(const Picture& square, int channels, int size) {
  if (channels == 4) return premultiplied_tensor(square, size).mul_(2).sub_(1);
  return premultiplied_tensor(image::with_background(square, image::kWhite), size)
      .slice(1, 0, 3)
      .mul(2)
      .sub_(1);
}

Picture mask_coverage(const Picture& mask) {
  Picture coverage = mask;
  const bool by_alpha = !mask.is_opaque();
  for (std::size_t i = 0; i < mask.rgba.size(); i += 4) {
    const std::uint8_t drawn =
        by_alpha ? static_cast<std::uint8_t>(255 - mask.rgba[i + 3]) : luma(&mask.rgba[i]);
    std::fill_n(&coverage.rgba[i], 3, std::uint8_t{0});
    coverage.rgba[i + 3] = drawn;
  }
  return coverage;
}

bool covers_anything(const Picture& coverage) {
  for (std::size_t i = 3; i < coverage.rgba.size(); i += 4) {
    if (coverage.rgba[i] != 0) return true;
  }
  return false;
}

at::Tensor from_coverage(const Picture& square, int size) {
  return premultiplied_tensor(square, size).slice(1, 3, 4).contiguous();
}

Picture blend(const Picture& drawn, const Picture& kept, const Picture& coverage) {
  const image::Premultiplied top = image::premultiply(drawn);
  image::Premultiplied mixed = image::premultiply(kept);
  for (std::size_t i = 0; i < mixed.rgba.size(); ++i) {
    const float share = static_cast<float>(coverage.rgba[i / 4 * 4 + 3]) / 255.0F;
    mixed.rgba[i] += share * (top.rgba[i] - mixed.rgba[i]);
  }
  Picture result = image::unpremultiply(mixed);
  for (std::size_t i = 0; i < result.rgba.size(); i += 4) {
    // Premultiplying rounds: what is kept is copied.
    if (coverage.rgba[i + 3] == 0) std::copy_n(&kept.rgba[i], 4, &result.rgba[i]);
  }
  return result;
}

}  // namespace dalle2::pipeline
