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
  at::Tensor embeddings;     // [B, E], de-normalised
  at::Tensor similarities;   // [B, candidates]: cosines by which best_candidates() chose
  at::Tensor sketches = {};  // [B, C, S, S], where there is a compositor
};

/// What turns the prior's samples into image embeddings, in packages whose samples are no such.
struct SketchNetworks {
  model::Compositor& compositor;
  model::ImageEncoder& image_encoder;
};

/// One of every `candidates` rows of `embeddings` [B * candidates, E]. Of two the one nearer in
/// angle to the text embedding [B, E] (Ramesh et al. 2022, section 2.2); of more the medoid, which
/// has the largest mean cosine with the others: samples err in different directions. `sketches`
/// belong to `embeddings`, if there are any.
PriorSample best_candidates(const at::Tensor& embeddings, const at::Tensor& text, int candidates,
                            const at::Tensor& sketches = {});

/// Text embeddings [B, E] to image embeddings, of every picture the best of its candidates. `noise`
/// has B * candidates rows, those of a picture together, of the manifest's networks.prior.width.
/// `sketch` may be null where the manifest has no compositor. Throws Error(kRuntime) for NaN.
PriorSample sample_prior(model::Prior& prior, const SketchNetworks* sketch,
                         const model::Manifest& manifest, const model::TextStates& text,
                         const model::TextStates& unconditional, const PriorRun& run,
                         diffusion::NoiseSource& noise);

}  // namespace dalle2::pipeline
