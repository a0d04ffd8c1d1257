#pragma once

#include <string>

#include "dalle2/picture.h"

namespace dalle2::image {

/// An opaque picture as DEC sixel graphics, six rows of pixels at a time, in up to 256 colours.
/// Ends with a new line.
std::string sixel_image(const Picture& opaque);

}  // namespace dalle2::image
