#include <gtest/gtest.h>

#include "diffusion/samplers.h"
#include "gaussian.h"

namespace dalle2::diffusion {
namespace {

TEST(Dpmpp2m, ConvergesToTheFlowAtSecondOrder) {
  const Gaussian data;
  const Schedule schedule = linear(10'000, 0.00001, 0.002);  // fine enough for many steps
  const auto sampler = find_sampler("dpm++2m").make(schedule, {});
  const auto error = [&](int steps) {
    return flow_error(*sampler, schedule, data, 8999, 999, steps);
  };
  EXPECT_NEAR(error(200) / error(400), 4.0, 0.5);
  EXPECT_NEAR(error(400) / error(800), 4.0, 0.3);
}

TEST(Dpmpp2m, NeedsFewerStepsThanDdim) {
  const Gaussian data;
  const Schedule schedule = linear(1000, 0.0001, 0.02);
  const auto second_order = find_sampler("dpm++2m").make(schedule, {});
  const auto first_order = find_sampler("ddim").make(schedule, {});
  EXPECT_LT(flow_error(*second_order, schedule, data, 899, 99, 16),
            flow_error(*first_order, schedule, data, 899, 99, 64));
}

TEST(Dpmpp2m, ReachesTheDataFromZeroSnr) {
  const Gaussian data;
  const Schedule schedule = rescale_zero_terminal_snr(squaredcos_cap_v2(1000));
  GaussianDenoiser denoiser(schedule, data);
  const auto sampler = find_sampler("dpm++2m").make(schedule, {});
  const Moments result = sampled_moments(*sampler, denoiser, make_timesteps("trailing", 1000, 50));
  EXPECT_NEAR(result.mean, data.mean, 1e-3);
  EXPECT_NEAR(std::sqrt(result.variance), data.deviation, 0.01);
}

TEST(Dpmpp2m, ForgetsTheRunBefore) {
  const Schedule schedule = squaredcos_cap_v2(1000);
  GaussianDenoiser denoiser(schedule, {});
  const auto timesteps = make_timesteps("trailing", 1000, 5);
  const auto sampler = find_sampler("dpm++2m").make(schedule, {});
  const Moments first = sampled_moments(*sampler, denoiser, timesteps);
  const Moments second = sampled_moments(*sampler, denoiser, timesteps);
  EXPECT_EQ(first.mean, second.mean);
  EXPECT_EQ(first.variance, second.variance);
}

}  // namespace
}  // namespace dalle2::diffusion
