#pragma once

#include <cstdint>
#include <functional>

#include <ATen/core/Tensor.h>

#include "diffusion/prediction.h"
#include "diffusion/schedule.h"

namespace dalle2::diffusion {

/// All that a sampler knows of a model.
class Denoiser {
 public:
  virtual ~Denoiser() = default;

  /// x is [B, E] or [B, C, H, W], fp32, at timestep t in [0, num_timesteps), the same for the
  /// batch.
  virtual Prediction predict(const at::Tensor& x, std::int64_t t) = 0;
};

/// Raw network output for x at timestep t: [B, C, ...], or [B, 2C, ...] with learned variance. Any
/// floating dtype may come back.
using Network = std::function<at::Tensor(const at::Tensor& x, std::int64_t t)>;

/// How to read a network's output, from its manifest.
struct NetworkMeaning {
  Schedule schedule;
  PredictionKind kind = PredictionKind::kEpsilon;
  bool learned_variance = false;
};

/// A network (with or without classifier-free guidance) as a denoiser.
class NetworkDenoiser : public Denoiser {
 public:
  /// Throws Error(kModel) for an epsilon prediction with zero terminal SNR, which cannot give x0.
  NetworkDenoiser(NetworkMeaning meaning, Network network);

  Prediction predict(const at::Tensor& x, std::int64_t t) override;

 private:
  NetworkMeaning meaning_;
  Network network_;
};

}  // namespace dalle2::diffusion
