#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/noise.h"
#include "diffusion/sampler.h"
#include "model/manifest.h"
#include "model/networks.h"
#include "pipeline/given.h"

namespace dalle2::pipeline {

struct UpsamplerRun {
  int steps = 0;
  diffusion::StepCallback on_step;  // may be empty
  KnownRegion known = {};
};

/// The timesteps of a run: below where its start is noised to, and no more than there are.
std::vector<std::int64_t> upsampler_timesteps(const model::UpsamplerSpec& spec, int steps);

/// Low-resolution pictures [B, C, h, w] in [-1, 1] to [B, C, H, W]. Throws Error(kRuntime) for NaN.
at::Tensor sample_upsampler(model::Upsampler& upsampler, const model::UpsamplerSpec& spec,
                            const model::StageDefaults& defaults, const at::Tensor& low_res,
                            const UpsamplerRun& run, diffusion::NoiseSource& noise);

}  // namespace dalle2::pipeline
