#pragma once

#include <cstdint>
#include <vector>

#include "dalle2/picture.h"
#include "image/color.h"

namespace dalle2::image {

/// A picture in few colours.
struct Indexed {
  std::vector<Color> palette;
  std::vector<std::uint8_t> indices;  // one a pixel
};

/// The colours of an opaque picture, at most `colors` (1 to 256) of them: exact when it has no
/// more, else by median cut (Heckbert 1982).
Indexed reduce_colors(const Picture& opaque, std::size_t colors);

}  // namespace dalle2::image
