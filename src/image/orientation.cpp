#include "image/orientation.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace dalle2::image {

Picture oriented(Picture picture, int orientation) {
  if (orientation < 2 || orientation > 8) return picture;
  // Each orientation is a swap of the axes, then mirrors, seen from the upright picture.
  const bool swap_axes = orientation >= 5;
  const bool mirror_x =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool mirror_y =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;

  Picture upright{picture.width, picture.height, {}};
  if (swap_axes) std::swap(upright.width, upright.height);
  upright.rgba.resize(picture.rgba.size());
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      int from_x = swap_axes ? y : x;
      int from_y = swap_axes ? x : y;
      if (mirror_x) from_x = picture.width - 1 - from_x;
      if (mirror_y) from_y = picture.height - 1 - from_y;
      const std::size_t from =
          (std::size_t(from_y) * std::size_t(picture.width) + std::size_t(from_x)) * 4;
      const std::size_t to = (std::size_t(y) * std::size_t(upright.width) + std::size_t(x)) * 4;
      std::copy_n(&picture.rgba[from], 4, &upright.rgba[to]);
    }
  }
  return upright;
}

}  // namespace dalle2::image
