#include "diffusion/timesteps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/error.h"

namespace dalle2::diffusion {
namespace {

using Timesteps = std::vector<std::int64_t>;

std::int64_t round_half_even(double value) {
  return static_cast<std::int64_t>(std::nearbyint(value));
}

/// Both ends included; one step alone is the noisiest timestep.
Timesteps linspace(std::int64_t num_timesteps, std::int64_t steps) {
  if (steps == 1) return {num_timesteps - 1};
  const double stride = static_cast<double>(num_timesteps - 1) / static_cast<double>(steps - 1);
  Timesteps timesteps(steps);
  for (std::int64_t i = 0; i < steps; ++i) {
    timesteps[steps - 1 - i] = round_half_even(static_cast<double>(i) * stride);
  }
  return timesteps;
}

Timesteps leading(std::int64_t num_timesteps, std::int64_t steps) {
  const std::int64_t stride = num_timesteps / steps;
  Timesteps timesteps(steps);
  for (std::int64_t i = 0; i < steps; ++i) timesteps[steps - 1 - i] = i * stride;
  return timesteps;
}

Timesteps trailing(std::int64_t num_timesteps, std::int64_t steps) {
  const double stride = static_cast<double>(num_timesteps) / static_cast<double>(steps);
  Timesteps timesteps(steps);
  for (std::int64_t i = 0; i < steps; ++i) {
    timesteps[i] =
        round_half_even(static_cast<double>(num_timesteps) - static_cast<double>(i) * stride) - 1;
  }
  return timesteps;
}

void require_steps(std::int64_t steps, std::int64_t most) {
  if (steps >= 1 && steps <= most) return;
  throw Error(ErrorKind::kUsage, "number of steps is " + std::to_string(steps) +
                                     "; this model takes 1 to " + std::to_string(most));
}

}  // namespace

std::span<const Spacing> spacings() {
  static const std::array<Spacing, 3> kSpacings{{
      {"linspace", "from the noisiest timestep to 0, both included", linspace},
      {"leading", "whole strides up from 0; leaves out the noisiest timesteps", leading},
      {"trailing", "strides down from the noisiest timestep; leaves out 0", trailing},
  }};
  return kSpacings;
}

Timesteps make_timesteps(std::string_view spacing, std::int64_t num_timesteps, std::int64_t steps) {
  require_steps(steps, num_timesteps);
  std::string known;
  for (const Spacing& row : spacings()) {
    if (row.name == spacing) return row.make(num_timesteps, steps);
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorKind::kUsage,
              "unknown timestep spacing '" + std::string(spacing) + "'; known are " + known);
}

Timesteps make_truncated_timesteps(std::string_view spacing, std::int64_t num_timesteps,
                                   std::int64_t truncate_at, std::int64_t steps) {
  if (steps == 1) return {num_timesteps - 1};
  // The limit that a message names is that of the whole run.
  require_steps(steps, truncate_at + 2);
  Timesteps timesteps = make_timesteps(spacing, truncate_at + 1, steps - 1);
  timesteps.insert(timesteps.begin(), num_timesteps - 1);
  return timesteps;
}

Timesteps tail_timesteps(const Timesteps& timesteps, double strength) {
  if (!(strength > 0.0 && strength <= 1.0)) {
    throw Error(ErrorKind::kUsage,
                "strength is " + std::to_string(strength) + "; it lies above 0 and up to 1");
  }
  const auto kept =
      std::max<std::int64_t>(round_half_even(strength * static_cast<double>(timesteps.size())), 1);
  return {timesteps.end() - std::min<std::int64_t>(kept, std::ssize(timesteps)), timesteps.end()};
}

}  // namespace dalle2::diffusion
