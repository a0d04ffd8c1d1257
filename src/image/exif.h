#pragma once

#include <string>
#include <string_view>

#include "image/metadata.h"

namespace dalle2::image {

/// The EXIF block (a TIFF structure, without JPEG's "Exif\0\0" in front) that holds these texts:
/// `parameters` in UserComment, where other tools look for it, the other entries as JSON in
/// MakerNote, EXIF's place for what only the writer understands.
std::string make_exif(const Metadata& metadata);

struct Exif {
  int orientation = 1;
  Metadata metadata;
};

/// What is readable of a block, which may be damaged or hostile. Never throws.
Exif parse_exif(std::string_view tiff);

}  // namespace dalle2::image
