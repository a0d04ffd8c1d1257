#include "diffusion/inversion.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "diffusion/samplers.h"
#include "diffusion/timesteps.h"
#include "gaussian.h"

namespace dalle2::diffusion {
namespace {

/// Largest difference between x0 and what DDIM makes of its inversion.
double round_trip_error(const Schedule& schedule, const std::vector<std::int64_t>& timesteps,
                        int iterations) {
  GaussianDenoiser denoiser(schedule, {});
  const at::Tensor x0 = at::linspace(-0.5, 1.5, 9, at::kDouble).view({9, 1});
  const at::Tensor noised =
      ddim_invert(denoiser, schedule, x0, {.timesteps = timesteps, .iterations = iterations});
  NoiseFromTensors noise({});
  const at::Tensor back = find_sampler("ddim")
                              .make(schedule, {})
                              ->sample(denoiser, noised, {.timesteps = timesteps}, noise);
  return (back - x0).abs().max().item<double>();
}

TEST(DdimInversion, ComesBackToWhereItStarted) {
  const Schedule schedule = squaredcos_cap_v2(1000);
  const auto timesteps = make_timesteps("linspace", 1000, 100);
  EXPECT_LT(round_trip_error(schedule, timesteps, 1), 0.1);
  EXPECT_LT(round_trip_error(schedule, timesteps, 4), 1e-3);
}

TEST(DdimInversion, ComesBackFromZeroSnr) {
  const Schedule schedule = rescale_zero_terminal_snr(squaredcos_cap_v2(1000));
  EXPECT_LT(round_trip_error(schedule, make_timesteps("linspace", 1000, 100), 4), 1e-3);
}

TEST(DdimInversion, IterationsMakeUpForFewSteps) {
  const Schedule schedule = squaredcos_cap_v2(1000);
  const auto timesteps = make_timesteps("linspace", 1000, 20);
  EXPECT_LT(round_trip_error(schedule, timesteps, 8),
            0.1 * round_trip_error(schedule, timesteps, 1));
}

TEST(DdimInversion, TurnsDataIntoStandardNoise) {
  const Gaussian data;
  const Schedule schedule = squaredcos_cap_v2(1000);
  GaussianDenoiser denoiser(schedule, data);
  const at::Tensor x0 = data.mean + data.deviation * orthogonal_draws(1).front();
  int reports = 0;
  const at::Tensor noised = ddim_invert(denoiser, schedule, x0,
                                        {.timesteps = make_timesteps("linspace", 1000, 200),
                                         .iterations = 2,
                                         .on_step = [&](int step, int steps) {
                                           EXPECT_EQ(step, ++reports);
                                           EXPECT_EQ(steps, 200);
                                         }});
  EXPECT_EQ(reports, 200);
  EXPECT_NEAR(moments(noised).mean, 0.0, 0.02);
  EXPECT_NEAR(moments(noised).variance, 1.0, 0.05);
}

TEST(DdimInversion, RefusesBadTimestepsAndIterations) {
  const Schedule schedule = squaredcos_cap_v2(10);
  GaussianDenoiser denoiser(schedule, {});
  const at::Tensor x0 = at::zeros({1, 1});
  EXPECT_THROW(ddim_invert(denoiser, schedule, x0, {.timesteps = {0, 5}, .iterations = 1}), Error);
  EXPECT_THROW(ddim_invert(denoiser, schedule, x0, {.timesteps = {5, 0}, .iterations = 0}), Error);
}

}  // namespace
}  // namespace dalle2::diffusion
