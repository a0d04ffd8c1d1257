// RePaint (Lugmayr et al. 2022) on two numbers that are correlated: one is kept, and the other is
// to be drawn as it is distributed given the first.
#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diffusion/samplers.h"
#include "unit/diffusion/gaussian.h"
#include "unit/expect_error.h"

namespace dalle2::diffusion {
namespace {

constexpr double kCorrelation = 0.9;
constexpr double kKept = 1.5;

/// The ideal denoiser of N(0, [[1, rho], [rho, 1]]): sum and difference of the numbers are
/// independent, with variances 1 + rho and 1 - rho for unit directions.
class CorrelatedDenoiser : public Denoiser {
 public:
  explicit CorrelatedDenoiser(Schedule schedule) : schedule_(std::move(schedule)) {}

  Prediction predict(const at::Tensor& x, std::int64_t t) override {
    const NoiseLevel level = schedule_.level(t);
    const auto slope = [&](double variance) {
      return level.alpha * variance /
             (level.alpha * level.alpha * variance + level.sigma * level.sigma);
    };
    const at::Tensor sum = (x.select(1, 0) + x.select(1, 1)) * (0.5 * slope(1 + kCorrelation));
    const at::Tensor gap = (x.select(1, 0) - x.select(1, 1)) * (0.5 * slope(1 - kCorrelation));
    Prediction prediction;
    prediction.x0 = at::stack({sum + gap, sum - gap}, 1);
    prediction.epsilon = (x - level.alpha * prediction.x0) / level.sigma;
    return prediction;
  }

 private:
  Schedule schedule_;
};

/// Of the second number, when the first is put back after every step.
Moments drawn(std::string_view sampler, int resample) {
  const Schedule schedule = squaredcos_cap_v2(1000);
  CorrelatedDenoiser denoiser(schedule);
  NoiseStreams noise(std::vector<std::uint64_t>{7}, at::kCPU);
  constexpr std::int64_t kSamples = 4000;
  // One stream draws for all: as a picture of 2 × kSamples numbers.
  class Wide : public NoiseSource {
   public:
    explicit Wide(NoiseSource& source) : source_(source) {}
    at::Tensor normal(at::IntArrayRef) override { return source_.normal({kSamples, 2})[0]; }

   private:
    NoiseSource& source_;
  } wide(noise);
  const at::Tensor start = wide.normal({2});
  SamplingRun run{.timesteps = make_timesteps("trailing", 1000, 20)};
  run.resample = resample;
  run.constrain = [&](const at::Tensor& x, std::int64_t t) {
    const at::Tensor kept = add_noise(schedule, at::full_like(start, kKept), start, t);
    return at::stack({kept.select(1, 0), x.select(1, 1)}, 1);
  };
  const at::Tensor x = find_sampler(sampler).make(schedule, {})->sample(denoiser, start, run, wide);
  EXPECT_NEAR(x.select(1, 0).mean().item<double>(), kKept, 1e-6);
  return moments(x.select(1, 1));
}

TEST(Resampling, DrawsWhatFitsWhatIsKept) {
  for (const char* sampler : {"ddim", "ddpm"}) {
    const double wanted = kCorrelation * kKept;
    const double once = std::abs(drawn(sampler, 1).mean - wanted);
    const double often = std::abs(drawn(sampler, 10).mean - wanted);
    EXPECT_GT(once, 0.05) << sampler;
    EXPECT_LT(often, 0.5 * once) << sampler;
  }
}

TEST(Resampling, MakesEveryStepButTheLastSoManyTimes) {
  const Schedule schedule = squaredcos_cap_v2(100);
  GaussianDenoiser denoiser(schedule, {});
  std::vector<int> steps;
  SamplingRun run{.timesteps = {99, 60, 30}};
  run.resample = 3;
  run.on_step = [&](const StepReport& report) {
    EXPECT_EQ(report.steps, 7);
    steps.push_back(report.step);
  };
  NoiseStreams noise(std::vector<std::uint64_t>{1}, at::kCPU);
  const at::Tensor start = noise.normal({3});
  find_sampler("ddim").make(schedule, {})->sample(denoiser, start, run, noise);
  EXPECT_THAT(steps, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST(Resampling, KeepsTheDistributionOfWhatIsFree) {
  const Schedule schedule = squaredcos_cap_v2(1000);
  const Gaussian data;
  GaussianDenoiser denoiser(schedule, data);
  NoiseStreams noise(std::vector<std::uint64_t>{3}, at::kCPU);
  const at::Tensor start = noise.normal({20000});
  SamplingRun run{.timesteps = make_timesteps("trailing", 1000, 100)};
  run.resample = 2;
  const Moments result =
      moments(find_sampler("ddpm").make(schedule, {})->sample(denoiser, start, run, noise));
  EXPECT_NEAR(result.mean, data.mean, 0.03);
  EXPECT_NEAR(std::sqrt(result.variance), data.deviation, 0.03);
}

TEST(Resampling, IsRefusedBySamplersThatRememberSteps) {
  const Schedule schedule = squaredcos_cap_v2(100);
  GaussianDenoiser denoiser(schedule, {});
  NoiseStreams noise(std::vector<std::uint64_t>{1}, at::kCPU);
  const at::Tensor start = noise.normal({3});
  SamplingRun run{.timesteps = {99, 60, 30}};
  for (const auto& [sampler, resample] : {std::pair("dpm++2m", 2), std::pair("ddim", 0)}) {
    run.resample = resample;
    expect_error(ErrorKind::kUsage, testing::HasSubstr("cannot make each step"), [&] {
      find_sampler(sampler).make(schedule, {})->sample(denoiser, start, run, noise);
    });
  }
}

}  // namespace
}  // namespace dalle2::diffusion
