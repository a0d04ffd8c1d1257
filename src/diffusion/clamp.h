#pragma once

#include <ATen/core/Tensor.h>

#include "diffusion/prediction.h"

namespace dalle2::diffusion {

/// Keeps x0 in the range that the data has; applied after all guidance.
struct Clamp {
  enum class Kind {
    kNone,
    kStatic,   // to [-range, range]
    kDynamic,  // to the `percentile` of |x0| of each picture if that is larger, then scaled back to
               // `range` (Imagen: Saharia et al. 2022, section 2.3)
  };
  Kind kind = Kind::kNone;
  double range = 1.0;
  double percentile = 0.995;
};

/// Throws Error(kUsage) unless range > 0 and percentile is in (0, 1].
void check(const Clamp& clamp);

/// Clamps x0 and derives epsilon from it again, so that x = alpha * x0 + sigma * epsilon still
/// holds.
void apply(const Clamp& clamp, const at::Tensor& x, NoiseLevel level, Prediction& prediction);

}  // namespace dalle2::diffusion
