#pragma once

#include <string_view>

#include <ATen/core/Tensor.h>

#include "diffusion/schedule.h"

namespace dalle2::diffusion {

/// What a network was trained to give.
enum class PredictionKind {
  kEpsilon,  // the noise
  kV,        // alpha * epsilon - sigma * x0 (Salimans & Ho 2022)
  kX0,       // the clean sample
};

std::string_view to_string(PredictionKind kind);

/// "epsilon", "v" or "x0", as manifests spell it; throws Error(kModel) for another name.
PredictionKind prediction_kind(std::string_view name);

/// A network's opinion of x_t = alpha * x0 + sigma * epsilon. Tensors are [B, ...] as x_t is.
struct Prediction {
  at::Tensor x0;
  at::Tensor epsilon;
  /// In [0, 1] between the smallest and the largest log variance of a step (Nichol & Dhariwal 2021,
  /// equation 15); undefined unless the network learned its variance.
  at::Tensor variance_fraction = {};
  /// scale * grad_x log p(condition | x_t), which the sampler has still to apply; undefined without
  /// classifier guidance.
  at::Tensor score = {};
};

/// Turns network output [B, C, ...] at `level` into x0 and epsilon without dividing by alpha unless
/// the kind is kEpsilon, so v and x0 work with zero terminal SNR. With `learned_variance` the
/// output is [B, 2C, ...]: the prediction, then the variance in [-1, 1]. Output is cast to the
/// dtype of x. Throws Error(kModel) if the number of channels does not fit, or for kEpsilon at
/// alpha = 0.
Prediction to_prediction(const at::Tensor& x, const at::Tensor& output, NoiseLevel level,
                         PredictionKind kind, bool learned_variance);

/// Applies classifier guidance to the noise: epsilon -= sigma * score, and x0 to agree with it
/// (Dhariwal & Nichol 2021, algorithm 2); clears `score`. At alpha = 0 x_t holds nothing of the
/// picture, so x0 is left as it is.
void shift_by_score(Prediction& prediction, NoiseLevel level);

}  // namespace dalle2::diffusion
