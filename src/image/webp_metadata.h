#pragma once

#include <string>
#include <string_view>

#include "image/metadata.h"

namespace dalle2::image {

/// A WebP file, still or animated, with these texts in its EXIF chunk; as it is when there are
/// none.
std::string with_metadata(std::string_view webp, const Metadata& metadata);

}  // namespace dalle2::image
