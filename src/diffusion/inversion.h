#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/denoiser.h"
#include "diffusion/schedule.h"

namespace dalle2::diffusion {

struct InversionOptions {
  std::vector<std::int64_t> timesteps;  // strictly descending, as the sampling run that is undone
  int iterations = 1;                   // network calls a step, >= 1: more, a closer inverse
  std::function<void(int step, int steps)> on_step = {};  // 1-based; may throw to stop
};

/// The x at timesteps.front() from which DDIM with eta = 0 and the same timesteps leads to x0
/// (Song et al. 2021, section 4.3); for variations, sample from it again with eta > 0. A step of
/// DDIM is an implicit equation in its starting point, solved by fixed-point iteration: 1 is the
/// usual DDIM inversion (the network sees the noisier timestep with the cleaner x). Clamping cannot
/// be undone, so the sampling run that follows should not clamp. Throws Error(kUsage) for bad
/// timesteps or iterations < 1.
at::Tensor ddim_invert(Denoiser& denoiser, const Schedule& schedule, const at::Tensor& x0,
                       const InversionOptions& options);

}  // namespace dalle2::diffusion
