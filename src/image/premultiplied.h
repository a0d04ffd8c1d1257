#pragma once

#include <vector>

#include "dalle2/picture.h"

namespace dalle2::image {

/// A picture for arithmetic: colours multiplied by alpha, so that transparent pixels weigh nothing
/// in a mean. Rows from the top, 4 floats a pixel, in [0, 1].
struct Premultiplied {
  int width = 0;
  int height = 0;
  std::vector<float> rgba;
};

Premultiplied premultiply(const Picture& picture);

/// Rounds to 8 bits. Values out of range are clamped, colours to at most alpha; pixels whose alpha
/// rounds to 0 become transparent black.
Picture unpremultiply(const Premultiplied& picture);

}  // namespace dalle2::image
