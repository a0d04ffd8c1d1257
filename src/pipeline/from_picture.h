#pragma once

#include <ATen/core/Tensor.h>

#include "dalle2/picture.h"

namespace dalle2::pipeline {

/// The picture in the middle of a square as large as its longer side, with transparent margins.
Picture squared(const Picture& picture);

/// The part of a square of side max(width, height) that squared() put a picture of this size in.
Picture unsquared(const Picture& square, int width, int height);

/// A square picture as networks see it, [1, channels, size, size] in [-1, 1] on the CPU: with
/// premultiplied alpha for 4 channels, on white for 3.
at::Tensor from_picture(const Picture& square, int channels, int size);

/// What a mask says, as alpha of a black picture of its size: opaque where the picture is to be
/// drawn anew. A mask with transparency means its transparent parts, one without its white ones.
Picture mask_coverage(const Picture& mask);

/// Whether any pixel is not clear.
bool covers_anything(const Picture& coverage);

/// Alpha of a square picture as [1, 1, size, size] in [0, 1] on the CPU.
at::Tensor from_coverage(const Picture& square, int size);

/// `drawn` where `coverage` is opaque, the very pixels of `kept` where it is clear, a blend where
/// it is between. All of one size.
Picture blend(const Picture& drawn, const Picture& kept, const Picture& coverage);

}  // namespace dalle2::pipeline
