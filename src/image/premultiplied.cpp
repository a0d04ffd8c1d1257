#include "image/premultiplied.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace dalle2::image {

Premultiplied premultiply(const Picture& picture) {
  Premultiplied result{picture.width, picture.height, std::vector<float>(picture.rgba.size())};
  for (std::size_t i = 0; i + 3 < picture.rgba.size(); i += 4) {
    const float alpha = static_cast<float>(picture.rgba[i + 3]) / 255.0F;
    for (std::size_t c = 0; c < 3; ++c) {
      result.rgba[i + c] = static_cast<float>(picture.rgba[i + c]) / 255.0F * alpha;
    }
    result.rgba[i + 3] = alpha;
  }
  return result;
}

Picture unpremultiply(const Premultiplied& picture) {
  Picture result{picture.width, picture.height, std::vector<std::uint8_t>(picture.rgba.size())};
  for (std::size_t i = 0; i + 3 < picture.rgba.size(); i += 4) {
    // The comparison is false for NaN, so that a broken pixel becomes transparent.
    const float alpha = picture.rgba[i + 3] > 0.0F ? std::min(picture.rgba[i + 3], 1.0F) : 0.0F;
    const auto alpha8 = static_cast<std::uint8_t>(std::lround(alpha * 255.0F));
    if (alpha8 == 0) continue;
    for (std::size_t c = 0; c < 3; ++c) {
      const float value = picture.rgba[i + c] > 0.0F ? std::min(picture.rgba[i + c], alpha) : 0.0F;
      result.rgba[i + c] = static_cast<std::uint8_t>(std::lround(value / alpha * 255.0F));
    }
    result.rgba[i + 3] = alpha8;
  }
  return result;
}

}  // namespace dalle2::image
