#include "dalle2/picture.h"

#include <cstddef>

namespace dalle2 {

bool Picture::is_opaque() const {
  for (std::size_t i = 3; i < rgba.size(); i += 4) {
    if (rgba[i] != 255) return false;
  }
  return true;
}

}  // namespace dalle2
