#pragma once

#include <string>

#include "dalle2/picture.h"

namespace dalle2::image {

/// A PNG without metadata, written by stb_image_write: RGB when the picture is opaque, RGBA
/// otherwise. Throws Error(kDevice) when there is not enough memory.
std::string write_png(const Picture& picture);

}  // namespace dalle2::image
