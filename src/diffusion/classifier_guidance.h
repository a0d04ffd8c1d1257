#pragma once

#include <cstdint>
#include <functional>

#include "diffusion/denoiser.h"
#include "diffusion/interval.h"

namespace dalle2::diffusion {

/// grad_x log p(condition | x_t) for every picture of x [B, ...]; same shape as x. Called with
/// gradients enabled.
using ScoreGradient = std::function<at::Tensor(const at::Tensor& x, std::int64_t t)>;

struct ClassifierOptions {
  double scale = 0.0;      // 0 is off; any finite number, negative pushes away
  Interval interval = {};  // outside of it the gradient is not computed
};

/// Adds a classifier's gradient to another denoiser's prediction (Dhariwal & Nichol 2021). The
/// gradient goes along as `Prediction::score`: the sampler applies it in the form that suits it,
/// ancestral sampling to the mean (algorithm 1), all others to the noise (algorithm 2).
class ClassifierGuidance : public Denoiser {
 public:
  /// `base` must outlive this. Throws Error(kUsage) for a non-finite scale or a bad interval.
  ClassifierGuidance(Denoiser& base, ScoreGradient gradient, ClassifierOptions options,
                     std::int64_t num_timesteps);

  /// Throws Error(kModel) if the gradient does not have the shape of x.
  Prediction predict(const at::Tensor& x, std::int64_t t) override;

 private:
  Denoiser& base_;
  ScoreGradient gradient_;
  ClassifierOptions options_;
  std::int64_t num_timesteps_;
};

}  // namespace dalle2::diffusion
