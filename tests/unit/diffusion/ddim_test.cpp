#include <gtest/gtest.h>

#include "base/error.h"
#include "diffusion/samplers.h"
#include "gaussian.h"

namespace dalle2::diffusion {
namespace {

TEST(Ddim, ConvergesToTheFlowAtFirstOrder) {
  const Gaussian data;
  const Schedule schedule = linear(1000, 0.0001, 0.02);
  const auto sampler = find_sampler("ddim").make(schedule, {});
  const auto error = [&](int steps) {
    return flow_error(*sampler, schedule, data, 899, 99, steps);
  };
  EXPECT_NEAR(error(40) / error(80), 2.0, 0.2);
  EXPECT_NEAR(error(80) / error(160), 2.0, 0.2);
  EXPECT_LT(error(160), 0.01);
}

TEST(Ddim, ReachesTheDataFromZeroSnr) {
  const Gaussian data;
  const Schedule schedule = rescale_zero_terminal_snr(squaredcos_cap_v2(1000));
  GaussianDenoiser denoiser(schedule, data);
  const auto sampler = find_sampler("ddim").make(schedule, {});
  const Moments result = sampled_moments(*sampler, denoiser, make_timesteps("trailing", 1000, 250));
  EXPECT_NEAR(result.mean, data.mean, 1e-3);
  EXPECT_NEAR(std::sqrt(result.variance), data.deviation, 0.01);
}

TEST(Ddim, WithEtaOneIsAncestralSampling) {
  const Schedule schedule = squaredcos_cap_v2(1000);
  GaussianDenoiser denoiser(schedule, {});
  const auto timesteps = make_timesteps("trailing", 1000, 12);
  const auto sampled = [&](std::string_view name, double eta) {
    const auto sampler = find_sampler(name).make(schedule, {.eta = eta});
    NoiseStreams noise(std::vector<std::uint64_t>{7, 8}, at::kCPU);
    const at::Tensor start = noise.normal({5}).to(at::kDouble);
    return sampler->sample(denoiser, start, {.timesteps = timesteps}, noise);
  };
  EXPECT_TRUE(at::allclose(sampled("ddim", 1.0), sampled("ddpm", 0.0), 1e-9, 1e-9));
  EXPECT_FALSE(at::allclose(sampled("ddim", 0.5), sampled("ddpm", 0.0), 1e-3, 1e-3));
}

TEST(Ddim, EtaKeepsTheVarianceThatADenoisedPointHas) {
  // A network that is sure of x0 leaves q(x_s | x0), whatever eta (Song et al. 2021, lemma 1).
  const Schedule schedule = squaredcos_cap_v2(1000);
  const auto sure = [](const at::Tensor& x, std::int64_t) { return at::full_like(x, 0.7); };
  for (const double eta : {0.0, 0.3, 1.0}) {
    NetworkDenoiser denoiser({.schedule = schedule, .kind = PredictionKind::kX0}, sure);
    const std::vector<std::int64_t> timesteps{900, 600, 300, 20};
    auto draws = orthogonal_draws(4);
    const at::Tensor start = schedule.level(900).alpha * 0.7 + schedule.level(900).sigma * draws[0];
    NoiseFromTensors noise({draws.begin() + 1, draws.end()});
    const auto look = [&](const StepReport& report) {
      if (report.step == report.steps) return;
      const NoiseLevel level = schedule.level(timesteps[report.step]);
      EXPECT_NEAR(moments(report.x).mean, level.alpha * 0.7, 1e-12);
      EXPECT_NEAR(moments(report.x).variance, level.sigma * level.sigma, 1e-12) << eta;
    };
    find_sampler("ddim")
        .make(schedule, {.eta = eta})
        ->sample(denoiser, start, {.timesteps = timesteps, .on_step = look}, noise);
  }
}

TEST(Ddim, RefusesEtaOutsideOfZeroToOne) {
  const Schedule schedule = linear(10, 0.01, 0.3);
  EXPECT_THROW(find_sampler("ddim").make(schedule, {.eta = -0.1}), Error);
  EXPECT_THROW(find_sampler("ddim").make(schedule, {.eta = 1.5}), Error);
}

}  // namespace
}  // namespace dalle2::diffusion
