#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

/// Noise schedules of the forward process q(x_t | x_0) = N(alpha x_0, sigma^2 I), with
/// alpha = sqrt(alpha_bar_t) and sigma = sqrt(1 - alpha_bar_t) (Ho et al. 2020, equation 4).
namespace dalle2::diffusion {

/// The timestep of a finished sample: no noise, alpha = 1, sigma = 0.
inline constexpr std::int64_t kClean = -1;

/// Signal and noise of one timestep; alpha^2 + sigma^2 = 1.
struct NoiseLevel {
  double alpha = 1.0;  // 0 only at the last timestep of a schedule with zero terminal SNR
  double sigma = 0.0;  // > 0 at every timestep but kClean
};

/// Betas and their running products, both [num_timesteps], in double. Made by the functions below.
struct Schedule {
  std::vector<double> betas;       // in (0, 1]; 1 only as the last one
  std::vector<double> alpha_bars;  // strictly falling, in [0, 1)

  std::int64_t num_timesteps() const { return static_cast<std::int64_t>(betas.size()); }

  /// t in [kClean, num_timesteps); throws Error(kUsage) outside of it.
  double alpha_bar(std::int64_t t) const;
  NoiseLevel level(std::int64_t t) const;
};

/// Any betas. Throws Error(kModel) if there are none or one is outside (0, 1] (1 only as the last).
Schedule from_betas(std::vector<double> betas);

/// Betas evenly spaced from `beta_start` to `beta_end` (Ho et al. 2020).
Schedule linear(std::int64_t num_timesteps, double beta_start, double beta_end);

/// Square roots of the betas evenly spaced (latent diffusion, Rombach et al. 2022).
Schedule scaled_linear(std::int64_t num_timesteps, double beta_start, double beta_end);

/// Cosine alpha_bar with betas capped at 0.999 (Nichol & Dhariwal 2021, equation 17).
Schedule squaredcos_cap_v2(std::int64_t num_timesteps);

/// Shifts and scales sqrt(alpha_bar) so that the last timestep is pure noise and the first one is
/// unchanged (Lin et al. 2023, algorithm 1). Such a model must not predict epsilon.
Schedule rescale_zero_terminal_snr(const Schedule& schedule);

/// A schedule that a manifest can name; the linear ones take Ho's and Rombach's usual betas.
struct NamedSchedule {
  std::string_view name;
  std::string_view summary;
  std::function<Schedule(std::int64_t num_timesteps)> make;
};

std::span<const NamedSchedule> schedules();

/// The schedule of that name; throws Error(kModel) with the known names, or if num_timesteps < 1.
Schedule make_schedule(std::string_view name, std::int64_t num_timesteps);

}  // namespace dalle2::diffusion
