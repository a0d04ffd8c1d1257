#pragma once

#include <bit>
#include <cmath>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "diffusion/denoiser.h"
#include "diffusion/noise.h"
#include "diffusion/sampler.h"
#include "diffusion/timesteps.h"

/// Data N(mean, deviation^2 I), for which everything about diffusion is known in closed form.
namespace dalle2::diffusion {

struct Gaussian {
  double mean = 0.6;
  double deviation = 0.4;

  /// Variance of x_t.
  double noised_variance(NoiseLevel level) const {
    return std::pow(level.alpha * deviation, 2) + std::pow(level.sigma, 2);
  }

  /// E[x0 | x_t] = offset + slope * x_t, as {offset, slope}.
  std::pair<double, double> posterior_mean(NoiseLevel level) const {
    const double slope = level.alpha * deviation * deviation / noised_variance(level);
    return {mean * (1.0 - slope * level.alpha), slope};
  }
};

/// The ideal denoiser of such data.
class GaussianDenoiser : public Denoiser {
 public:
  GaussianDenoiser(Schedule schedule, Gaussian data)
      : schedule_(std::move(schedule)), data_(data) {}

  Prediction predict(const at::Tensor& x, std::int64_t t) override {
    const NoiseLevel level = schedule_.level(t);
    const auto [offset, slope] = data_.posterior_mean(level);
    Prediction prediction;
    prediction.x0 = x * slope + offset;
    prediction.epsilon = (x - level.alpha * prediction.x0) / level.sigma;
    return prediction;
  }

 private:
  Schedule schedule_;
  Gaussian data_;
};

/// A batch of numbers with mean exactly 0 and variance exactly 1, not correlated with the other
/// draws: sums of them have the moments that the theory says, without sampling error. Draw 0 is for
/// x_T.
inline std::vector<at::Tensor> orthogonal_draws(unsigned count) {
  const auto batch = static_cast<std::int64_t>(std::bit_ceil(count + 1));
  std::vector<at::Tensor> draws;
  for (unsigned column = 1; column <= count; ++column) {  // of a Hadamard matrix; column 0 is all 1
    at::Tensor draw = at::empty({batch, 1}, at::kDouble);
    for (unsigned row = 0; row < batch; ++row) {
      draw[row].fill_(std::popcount(row & column) % 2 == 0 ? 1.0 : -1.0);
    }
    draws.push_back(draw);
  }
  return draws;
}

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
};

inline Moments moments(const at::Tensor& x) {
  return {x.mean().item<double>(), x.var(/*unbiased=*/false).item<double>()};
}

/// Samples from N(0, I) with draws that make the result's moments exact.
inline Moments sampled_moments(Sampler& sampler, Denoiser& denoiser,
                               const std::vector<std::int64_t>& timesteps) {
  auto draws = orthogonal_draws(static_cast<unsigned>(timesteps.size()));
  const at::Tensor start = draws.front();
  draws.erase(draws.begin());
  NoiseFromTensors noise(std::move(draws));
  return moments(sampler.sample(denoiser, start, {.timesteps = timesteps}, noise));
}

/// `count` + 1 timesteps from `first` down to `last`, evenly.
inline std::vector<std::int64_t> evenly(std::int64_t first, std::int64_t last, int count) {
  std::vector<std::int64_t> timesteps;
  for (int i = 0; i <= count; ++i) timesteps.push_back(first - (first - last) * i / count);
  return timesteps;
}

/// Largest error against the exact probability-flow ODE, at timestep `last` after `steps` steps
/// from `first`. The jump to kClean that follows is not looked at: its size does not depend on
/// `steps`.
inline double flow_error(Sampler& sampler, const Schedule& schedule, Gaussian data,
                         std::int64_t first, std::int64_t last, int steps) {
  GaussianDenoiser denoiser(schedule, data);
  NoiseFromTensors noise({});
  const NoiseLevel from = schedule.level(first);
  const NoiseLevel to = schedule.level(last);
  const at::Tensor start = at::linspace(-2.0, 2.0, 9, at::kDouble).view({9, 1});
  const double stretch = std::sqrt(data.noised_variance(to) / data.noised_variance(from));
  const at::Tensor exact = to.alpha * data.mean + stretch * (start - from.alpha * data.mean);
  at::Tensor reached;
  const auto keep = [&](const StepReport& report) {
    if (report.step == steps) reached = report.x;
  };
  sampler.sample(denoiser, start, {.timesteps = evenly(first, last, steps), .on_step = keep},
                 noise);
  return (reached - exact).abs().max().item<double>();
}

}  // namespace dalle2::diffusion
