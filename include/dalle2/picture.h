#pragma once

#include <cstdint>
#include <vector>

namespace dalle2 {

/// A picture as people store it: 8-bit RGBA with straight (not premultiplied) alpha, rows from the
/// top, 4 bytes a pixel, no padding. An opaque picture has alpha 255 everywhere.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgba;

  bool is_opaque() const;
};

}  // namespace dalle2
