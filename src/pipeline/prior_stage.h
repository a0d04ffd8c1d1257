#pragma once

#include <ATen/core/Tensor.h>

#include "diffusion/noise.h"
#include "diffusion/sampler.h"
#include "model/manifest.h"
#include "model/networks.h"

namespace dalle2::pipeline {

struct PriorRun {
  int steps = 0;
  double guidance = 1.0;
  int candidates = 1;               // rows of `noise` per picture
  diffusion::StepCallback on_step;  // may be empty
};

struct PriorSample {
  at::Tensor embeddings;    // [B, E], de-normalised
  at::Tensor similarities;  // [B, candidates]: cosines with the text
};

/// Text embeddings [B, E] to image embeddings. Of the candidates of a picture, the one nearest in
/// angle to its text embedding is kept (Ramesh et al. 2022, section 2.2). `noise` has B *
/// candidates rows, those of a picture together. Throws Error(kRuntime) for NaN.
PriorSample sample_prior(model::Prior& prior, const model::Manifest& manifest,
                         const model::TextStates& text, const model::TextStates& unconditional,
                         const PriorRun& run, diffusion::NoiseSource& noise);

}  // namespace dalle2::pipeline
