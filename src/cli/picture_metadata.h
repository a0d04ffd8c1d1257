#pragma once

#include "dalle2/generator.h"
#include "image/metadata.h"

namespace dalle2::cli {

/// What is stored in a picture file: `parameters`, which other tools read, and `dalle2`, the
/// settings as JSON, from which the picture can be made again.
image::Metadata make_metadata(const PictureSettings& settings);

inline constexpr char kSettingsKey[] = "dalle2";
inline constexpr char kParametersKey[] = "parameters";

}  // namespace dalle2::cli
