#pragma once

#include <string>
#include <string_view>

namespace dalle2::image {

/// The EXIF block of a JPEG file, or empty. Reads only the segments before the pixels.
std::string_view jpeg_exif(std::string_view jpeg);

/// What goes into an APP1 segment. Throws Error(kUsage) when it is over JPEG's limit of 64 kB.
std::string make_exif_segment(std::string_view exif);

}  // namespace dalle2::image
