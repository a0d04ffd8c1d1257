#include "diffusion/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "base/error.h"

namespace dalle2::diffusion {
namespace {

void check_length(std::int64_t num_timesteps) {
  if (num_timesteps < 1) {
    throw Error(ErrorKind::kModel,
                "a noise schedule needs at least 1 timestep, not " + std::to_string(num_timesteps));
  }
}

std::vector<double> evenly_spaced(std::int64_t count, double first, double last) {
  check_length(count);
  std::vector<double> values(count, first);
  for (std::int64_t i = 1; i < count; ++i) {
    values[i] = first + (last - first) * static_cast<double>(i) / static_cast<double>(count - 1);
  }
  return values;
}

}  // namespace

double Schedule::alpha_bar(std::int64_t t) const {
  if (t < kClean || t >= num_timesteps()) {
    throw Error(ErrorKind::kUsage, "timestep " + std::to_string(t) + " is outside of [0, " +
                                       std::to_string(num_timesteps()) + ")");
  }
  return t == kClean ? 1.0 : alpha_bars[t];
}

NoiseLevel Schedule::level(std::int64_t t) const {
  const double signal = alpha_bar(t);
  return {.alpha = std::sqrt(signal), .sigma = std::sqrt(1.0 - signal)};
}

Schedule from_betas(std::vector<double> betas) {
  check_length(static_cast<std::int64_t>(betas.size()));
  Schedule schedule{.betas = std::move(betas), .alpha_bars = {}};
  schedule.alpha_bars.reserve(schedule.betas.size());
  double product = 1.0;
  for (std::size_t t = 0; t < schedule.betas.size(); ++t) {
    const double beta = schedule.betas[t];
    const bool is_last = t + 1 == schedule.betas.size();
    if (!(beta > 0.0 && (beta < 1.0 || (is_last && beta == 1.0)))) {
      throw Error(ErrorKind::kModel, "beta " + std::to_string(t) + " of the noise schedule is " +
                                         std::to_string(beta) +
                                         "; betas lie between 0 and 1, and only the last may be 1");
    }
    product *= 1.0 - beta;
    schedule.alpha_bars.push_back(product);
  }
  return schedule;
}

Schedule linear(std::int64_t num_timesteps, double beta_start, double beta_end) {
  return from_betas(evenly_spaced(num_timesteps, beta_start, beta_end));
}

Schedule scaled_linear(std::int64_t num_timesteps, double beta_start, double beta_end) {
  auto betas = evenly_spaced(num_timesteps, std::sqrt(beta_start), std::sqrt(beta_end));
  for (double& beta : betas) beta *= beta;
  return from_betas(std::move(betas));
}

Schedule squaredcos_cap_v2(std::int64_t num_timesteps) {
  constexpr double kOffset = 0.008;  // keeps the first betas from vanishing
  constexpr double kMaxBeta = 0.999;
  check_length(num_timesteps);
  const auto signal = [&](std::int64_t i) {
    const double time = static_cast<double>(i) / static_cast<double>(num_timesteps);
    const double cosine = std::cos((time + kOffset) / (1.0 + kOffset) * std::numbers::pi / 2.0);
    return cosine * cosine;
  };
  std::vector<double> betas;
  for (std::int64_t i = 0; i < num_timesteps; ++i) {
    betas.push_back(std::min(1.0 - signal(i + 1) / signal(i), kMaxBeta));
  }
  return from_betas(std::move(betas));
}

Schedule rescale_zero_terminal_snr(const Schedule& schedule) {
  check_length(schedule.num_timesteps());
  const double first = std::sqrt(schedule.alpha_bars.front());
  const double last = std::sqrt(schedule.alpha_bars.back());
  if (first == last) {
    throw Error(ErrorKind::kModel, "zero terminal SNR needs a schedule of at least 2 timesteps");
  }
  std::vector<double> betas;
  double previous = 1.0;
  for (const double alpha_bar : schedule.alpha_bars) {
    const double alpha = (std::sqrt(alpha_bar) - last) * first / (first - last);
    betas.push_back(1.0 - alpha * alpha / previous);
    previous = alpha * alpha;
  }
  return from_betas(std::move(betas));
}

std::span<const NamedSchedule> schedules() {
  static const std::array<NamedSchedule, 3> kSchedules{{
      {"squaredcos_cap_v2", "cosine alpha_bar, betas capped at 0.999",
       [](std::int64_t n) { return squaredcos_cap_v2(n); }},
      {"linear", "betas from 0.0001 to 0.02",
       [](std::int64_t n) { return linear(n, 0.0001, 0.02); }},
      {"scaled_linear", "square roots of betas, for betas from 0.00085 to 0.012",
       [](std::int64_t n) { return scaled_linear(n, 0.00085, 0.012); }},
  }};
  return kSchedules;
}

Schedule make_schedule(std::string_view name, std::int64_t num_timesteps) {
  std::string known;
  for (const NamedSchedule& row : schedules()) {
    if (row.name == name) return row.make(num_timesteps);
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorKind::kModel,
              "unknown noise schedule '" + std::string(name) + "'; known are " + known);
}

}  // namespace dalle2::diffusion
