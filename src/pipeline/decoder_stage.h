#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "diffusion/interval.h"
#include "diffusion/noise.h"
#include "diffusion/sampler.h"
#include "model/manifest.h"
#include "model/networks.h"
#include "pipeline/given.h"

namespace dalle2::pipeline {

/// What the decoder draws from, B rows.
struct DecoderInputs {
  at::Tensor image_embedding;  // [B, E]
  model::TextStates text;
  at::Tensor sketch = {};  // [B, C, S, S], or undefined
};

DecoderInputs concatenate(const DecoderInputs& a, const DecoderInputs& b);

struct DecoderRun {
  std::string sampler;
  int steps = 0;
  double eta = 0.0;
  double guidance = 1.0;
  double classifier_scale = 0.0;
  diffusion::Interval guidance_interval;
  diffusion::StepCallback on_step;  // may be empty
  DecoderStart start = {};
  KnownRegion known = {};
};

/// Draws pictures [B, C, S, S] in [-1, 1]. The unconditional half has the manifest's unconditional
/// image embedding and `unconditional` as its text. `classifier` may be null when its scale is 0.
/// With a start by inversion nothing is clamped, as inversion cannot undo that.
/// Throws Error(kRuntime) for NaN.
at::Tensor sample_decoder(model::Decoder& decoder, model::Classifier* classifier,
                          const model::Manifest& manifest, const DecoderInputs& inputs,
                          const model::TextStates& unconditional, const DecoderRun& run,
                          diffusion::NoiseSource& noise);

/// The noise [B, C, S, S] from which the same run, with DDIM and eta 0, draws `pictures` again. For
/// DecoderStart::noise. Throws Error(kRuntime) for NaN.
at::Tensor invert_decoder(model::Decoder& decoder, const model::Manifest& manifest,
                          const DecoderInputs& inputs, const model::TextStates& unconditional,
                          const DecoderRun& run, const at::Tensor& pictures);

}  // namespace dalle2::pipeline
