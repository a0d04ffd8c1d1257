#pragma once

#include <ATen/core/Tensor.h>

#include "diffusion/sampler.h"

namespace dalle2::pipeline {

/// A picture of which a part is drawn anew. Both square, of one size; undefined: all is drawn.
struct KnownRegion {
  at::Tensor picture = {};  // [B, C, N, N] in [-1, 1]
  at::Tensor mask = {};     // [B, 1, N, N]: 1 where it is drawn anew, 0 where it is kept
  int resample = 1;         // SamplingRun::resample of the decoder

  bool defined() const { return picture.defined(); }
  KnownRegion slice(std::int64_t begin, std::int64_t end) const;
};

/// After every step, puts the part that is kept back, noised to the timestep that was reached
/// (RePaint: Lugmayr et al. 2022, equation 8), with `noise` [B, C, size, size] in all steps: the
/// run's own, so that with a deterministic sampler both parts lie on one path. Empty for an
/// undefined region.
diffusion::Constraint keep_known(const KnownRegion& region, std::int64_t size,
                                 const diffusion::Schedule& schedule, const at::Tensor& noise);

/// Where the decoder starts. Undefined tensors: from noise of the picture's seed, as for any
/// prompt.
struct DecoderStart {
  at::Tensor noise = {};    // [B, C, S, S] at the noisiest timestep, found by inversion
  at::Tensor picture = {};  // [B, C, S, S] in [-1, 1], to be noised ...
  double strength = 1.0;    // ... this far, in (0, 1]
};

/// What is given instead of drawn, one row a picture.
struct Given {
  at::Tensor image_embedding = {};  // [B, E]; undefined: the prior draws it
  at::Tensor sketch = {};           // [B, C, S, S] that the compositor made with it, or undefined
  DecoderStart start = {};
  KnownRegion known = {};

  Given slice(std::int64_t begin, std::int64_t end) const;

  /// One row for `count` pictures.
  Given expand(std::int64_t count) const;

  /// Every row `times` times in a row.
  Given repeat_interleave(std::int64_t times) const;
};

/// Square pictures [B, C, N, N] at another size: means of areas when shrinking.
at::Tensor resized(const at::Tensor& pictures, std::int64_t size);

}  // namespace dalle2::pipeline
