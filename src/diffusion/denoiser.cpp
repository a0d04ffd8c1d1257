#include "diffusion/denoiser.h"

#include <utility>

#include "base/error.h"

namespace dalle2::diffusion {

NetworkDenoiser::NetworkDenoiser(NetworkMeaning meaning, Network network)
    : meaning_(std::move(meaning)), network_(std::move(network)) {
  if (meaning_.kind == PredictionKind::kEpsilon && meaning_.schedule.alpha_bars.back() == 0.0) {
    throw Error(ErrorKind::kModel,
                "a network that predicts epsilon cannot have a schedule with zero terminal SNR");
  }
}

Prediction NetworkDenoiser::predict(const at::Tensor& x, std::int64_t t) {
  return to_prediction(x, network_(x, t), meaning_.schedule.level(t), meaning_.kind,
                       meaning_.learned_variance);
}

}  // namespace dalle2::diffusion
