#pragma once

#include <span>
#include <string_view>

#include "dalle2/picture.h"
#include "image/premultiplied.h"

namespace dalle2::image {

/// A resampling kernel. `weight` is zero beyond `support`, in pixels of the smaller picture.
struct Filter {
  std::string_view name;  // area, bilinear, bicubic, lanczos
  std::string_view summary;
  double support;
  double (*weight)(double x);
};

std::span<const Filter> filters();

/// Throws Error(kUsage) listing the names.
const Filter& filter_named(std::string_view name);

/// Antialiased: when shrinking, the kernel is widened by the scale, as Pillow does. Works on
/// premultiplied values, so a transparent background does not bleed in. Sides in [1, 32768].
Premultiplied resize(const Premultiplied& picture, int width, int height, const Filter& filter);
Picture resize(const Picture& picture, int width, int height, const Filter& filter);

/// Scales to fit inside width × height, centred, with transparent margins.
Picture fit_inside(const Picture& picture, int width, int height, const Filter& filter);

/// Scales to cover width × height, and cuts what sticks out evenly at both sides.
Picture fit_cover(const Picture& picture, int width, int height, const Filter& filter);

/// The part with left upper corner (x, y). Throws Error(kUsage) unless it lies in the picture.
Picture crop(const Picture& picture, int x, int y, int width, int height);

}  // namespace dalle2::image
