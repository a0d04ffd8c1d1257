#pragma once

#include <span>
#include <string>

#include "dalle2/picture.h"
#include "image/codec.h"

namespace dalle2::image {

struct AnimationOptions {
  int frame_ms = 125;  // how long a frame stays, 10 to 60000
  bool loop = true;    // for ever, or once
};

/// An animated WebP of pictures of one size. Quality and metadata as for single pictures. Throws
/// Error(kUsage) when there are none, their sizes differ or an option is out of range.
std::string encode_animation(std::span<const Picture> frames, const AnimationOptions& animation,
                             const EncodeOptions& options);

}  // namespace dalle2::image
