#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "dalle2/picture.h"

namespace dalle2::pipeline {

/// [B, C, H, W] in [-1, 1], C = 3, or 4 with premultiplied alpha, on any device -> B pictures.
/// Values out of range are clamped; alpha within 1.5 % of clear or opaque becomes that, as no
/// sampler ends exactly there.
std::vector<Picture> to_pictures(const at::Tensor& x);

}  // namespace dalle2::pipeline
