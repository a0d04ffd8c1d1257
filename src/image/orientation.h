#pragma once

#include "dalle2/picture.h"

namespace dalle2::image {

/// Turns a picture the way EXIF's Orientation tag (1 to 8) says it is meant to be seen. 1 and
/// values that EXIF does not define leave it as it is.
Picture oriented(Picture picture, int orientation);

}  // namespace dalle2::image
