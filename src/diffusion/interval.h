#pragma once

#include <cstdint>

namespace dalle2::diffusion {

/// The part of sampling in which guidance is on (Kynkäänniemi et al. 2024), as the fraction of
/// noise levels passed: 0 at the noisiest timestep of the model, 1 at its cleanest. By timestep,
/// not by step, so it means the same in a run that starts half-way.
struct Interval {
  double begin = 0.0;
  double end = 1.0;

  /// t in [0, num_timesteps).
  bool contains(std::int64_t t, std::int64_t num_timesteps) const;
};

/// Throws Error(kUsage) unless 0 <= begin <= end <= 1.
void check(const Interval& interval);

}  // namespace dalle2::diffusion
