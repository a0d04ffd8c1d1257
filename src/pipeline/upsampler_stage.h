#pragma once

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

/// Low-resolution pictures [B, C, h, w] in [-1, 1] to [B, C, H, W]. Throws Error(kRuntime) for NaN.
at::Tensor sample_upsampler(model::Upsampler& upsampler, const model::UpsamplerSpec& spec,
                            const model::StageDefaults& defaults, const at::Tensor& low_res,
                            const UpsamplerRun& run, diffusion::NoiseSource& noise);

}  // namespace dalle2::pipeline
