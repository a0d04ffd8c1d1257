#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

/// Which of a model's timesteps a run visits.
namespace dalle2::diffusion {

/// A way to spread `steps` timesteps over [0, num_timesteps) (Lin et al. 2023, table 2).
struct Spacing {
  std::string_view name;  // linspace, leading, trailing
  std::string_view summary;
  std::function<std::vector<std::int64_t>(std::int64_t num_timesteps, std::int64_t steps)> make;
};

std::span<const Spacing> spacings();

/// Strictly descending timesteps, [steps]. Halves round to even, as NumPy does.
/// Throws Error(kUsage) if steps < 1, steps > num_timesteps, or the name is unknown.
std::vector<std::int64_t> make_timesteps(std::string_view spacing, std::int64_t num_timesteps,
                                         std::int64_t steps);

/// The noisiest timestep, then `steps` - 1 from `truncate_at` down: for networks that know at the
/// noisiest timestep what a long way down to `truncate_at` would give (truncated diffusion, Zheng
/// et al. 2023). Throws Error(kUsage) as make_timesteps.
std::vector<std::int64_t> make_truncated_timesteps(std::string_view spacing,
                                                   std::int64_t num_timesteps,
                                                   std::int64_t truncate_at, std::int64_t steps);

/// The part of a run that is left when it starts `strength` (in (0, 1]) of the way up to pure
/// noise: the last round(strength * steps) timesteps, at least one. For image-to-image, and
/// upsamplers that start from the noised low-resolution picture: start with add_noise(schedule,
/// picture, noise, result.front()).
std::vector<std::int64_t> tail_timesteps(const std::vector<std::int64_t>& timesteps,
                                         double strength);

}  // namespace dalle2::diffusion
