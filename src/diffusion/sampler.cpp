#include "diffusion/sampler.h"

#include <cmath>
#include <string>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/error.h"

namespace dalle2::diffusion {

void check_timesteps(const std::vector<std::int64_t>& timesteps, std::int64_t num_timesteps) {
  if (timesteps.empty()) throw Error(ErrorKind::kUsage, "a sampling run needs a timestep");
  std::int64_t above = num_timesteps;
  for (const std::int64_t t : timesteps) {
    if (t < 0 || t >= above) {
      throw Error(ErrorKind::kUsage, "timestep " + std::to_string(t) + " after " +
                                         std::to_string(above) +
                                         ": timesteps have to descend from below " +
                                         std::to_string(num_timesteps) + " to 0 or more");
    }
    above = t;
  }
}

namespace {

/// From the timestep `cleaner` back up to `noisier`: a draw from q(x_noisier | x_cleaner).
at::Tensor noised_back(const Schedule& schedule, const at::Tensor& x, std::int64_t cleaner,
                       std::int64_t noisier, const at::Tensor& noise) {
  const double kept = schedule.alpha_bar(noisier) / schedule.alpha_bar(cleaner);
  return at::mul(x, std::sqrt(kept)).add_(noise, std::sqrt(1.0 - kept));
}

}  // namespace

Sampler::Sampler(Schedule schedule) : schedule_(std::move(schedule)) {}

at::Tensor Sampler::sample(Denoiser& denoiser, at::Tensor x, const SamplingRun& run,
                           NoiseSource& noise) {
  check_timesteps(run.timesteps, schedule_.num_timesteps());
  check(run.clamp);
  if (run.resample < 1 || (run.resample > 1 && remembers())) {
    throw Error(ErrorKind::kUsage,
                "this sampler cannot make each step " + std::to_string(run.resample) + " times");
  }
  const at::NoGradGuard no_gradients;
  const std::size_t steps = run.timesteps.size();
  const std::vector<std::int64_t> shape = x.sizes().slice(1).vec();
  begin(run.timesteps);
  const auto again = static_cast<std::size_t>(run.resample);
  const std::size_t passes = (steps - 1) * again + 1;
  const std::size_t draws = (stochastic() ? passes - 1 : 0) + (steps - 1) * (again - 1);
  if (draws > 0) noise.reserve(static_cast<std::int64_t>(draws), shape);

  for (std::size_t pass = 0; pass < passes; ++pass) {
    const std::size_t k = pass / again;
    const bool is_last = k + 1 == steps;
    if (pass % again != 0) {
      x = noised_back(schedule_, x, run.timesteps[k + 1], run.timesteps[k], noise.normal(shape));
    }
    const std::int64_t t = run.timesteps[k];
    const NoiseLevel level = schedule_.level(t);

    Prediction prediction = denoiser.predict(x, t);
    if (prediction.score.defined() && guidance_form() == GuidanceForm::kShiftNoise) {
      shift_by_score(prediction, level);
    }
    apply(run.clamp, x, level, prediction);

    const at::Tensor draw = stochastic() && !is_last ? noise.normal(shape) : at::Tensor();
    x = step(k, x, prediction, draw);
    if (run.constrain) x = run.constrain(x, is_last ? kClean : run.timesteps[k + 1]);
    if (run.on_step) {
      run.on_step({.step = static_cast<int>(pass) + 1,
                   .steps = static_cast<int>(passes),
                   .x = x,
                   .x0 = prediction.x0});
    }
  }
  return x;
}

}  // namespace dalle2::diffusion
