#include "diffusion/classifier_guidance.h"

#include <cmath>
#include <string>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/error.h"

namespace dalle2::diffusion {

ClassifierGuidance::ClassifierGuidance(Denoiser& base, ScoreGradient gradient,
                                       ClassifierOptions options, std::int64_t num_timesteps)
    : base_(base),
      gradient_(std::move(gradient)),
      options_(options),
      num_timesteps_(num_timesteps) {
  check(options_.interval);
  if (!std::isfinite(options_.scale)) {
    throw Error(ErrorKind::kUsage, "classifier guidance scale is not a finite number");
  }
}

Prediction ClassifierGuidance::predict(const at::Tensor& x, std::int64_t t) {
  Prediction prediction = base_.predict(x, t);
  if (options_.scale == 0.0 || !options_.interval.contains(t, num_timesteps_)) return prediction;

  at::Tensor gradient;
  {
    const at::AutoGradMode enable_gradients(true);
    gradient = gradient_(x, t).detach();
  }
  if (gradient.sizes() != x.sizes()) {
    throw Error(ErrorKind::kModel, "the classifier's gradient has another shape than the picture");
  }
  // Guidance by several classifiers adds up.
  at::Tensor score = gradient.to(x.scalar_type()).mul(options_.scale);
  prediction.score = prediction.score.defined() ? prediction.score.add(score) : score;
  return prediction;
}

}  // namespace dalle2::diffusion
