#include "diffusion/classifier_guidance.h"

#include <limits>

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "diffusion/samplers.h"
#include "gaussian.h"

namespace dalle2::diffusion {
namespace {

/// A classifier that knows a measurement y = x0 + N(0, error^2). With such data and classifier,
/// guidance at scale 1 is Bayes' rule, so the result is the posterior.
struct Measurement {
  double y = 1.0;
  double error = 0.5;

  ScoreGradient gradient(const Schedule& schedule, Gaussian data) const {
    return [=, *this](const at::Tensor& x, std::int64_t t) {
      const NoiseLevel level = schedule.level(t);
      const auto [offset, slope] = data.posterior_mean(level);
      const double x0_variance =
          std::pow(data.deviation * level.sigma, 2) / data.noised_variance(level);
      return (y - offset - slope * x) * (slope / (x0_variance + error * error));
    };
  }

  Gaussian posterior(Gaussian data) const {
    const double precision = std::pow(data.deviation, -2) + std::pow(error, -2);
    const double mean =
        (data.mean * std::pow(data.deviation, -2) + y * std::pow(error, -2)) / precision;
    return {.mean = mean, .deviation = std::sqrt(1.0 / precision)};
  }
};

class GuidedSampler : public testing::TestWithParam<std::string_view> {};

TEST_P(GuidedSampler, DrawsFromThePosteriorOfAGaussian) {
  const Gaussian data;
  const Measurement measurement;
  const Schedule schedule = squaredcos_cap_v2(1000);
  GaussianDenoiser base(schedule, data);
  ClassifierGuidance denoiser(base, measurement.gradient(schedule, data), {.scale = 1.0}, 1000);
  const auto sampler = find_sampler(GetParam()).make(schedule, {});
  const Moments result = sampled_moments(*sampler, denoiser, make_timesteps("trailing", 1000, 500));
  const Gaussian expected = measurement.posterior(data);
  EXPECT_NEAR(result.mean, expected.mean, 0.01);
  EXPECT_NEAR(std::sqrt(result.variance), expected.deviation, 0.01);
}

INSTANTIATE_TEST_SUITE_P(BothForms, GuidedSampler, testing::Values("ddpm", "ddim", "dpm++2m"),
                         [](const auto& sampler) {
                           return sampler.param == "dpm++2m" ? "dpmpp_2m"
                                                             : std::string(sampler.param);
                         });

/// What one step does to x with a constant gradient, less what it does without.
double effect_of_gradient(std::string_view name, const Schedule& schedule,
                          std::vector<std::int64_t> timesteps, double scale) {
  const auto first_step = [&](double step_scale) {
    GaussianDenoiser base(schedule, {});
    ClassifierGuidance denoiser(
        base, [](const at::Tensor& x, std::int64_t) { return at::ones_like(x); },
        {.scale = step_scale}, schedule.num_timesteps());
    NoiseFromTensors noise({at::zeros({1, 1}, at::kDouble)});
    double reached = 0.0;
    const auto keep = [&](const StepReport& report) {
      if (report.step == 1) reached = report.x.item<double>();
    };
    find_sampler(name)
        .make(schedule, {})
        ->sample(denoiser, at::full({1, 1}, 0.3, at::kDouble),
                 {.timesteps = timesteps, .on_step = keep}, noise);
    return reached;
  };
  return first_step(scale) - first_step(0.0);
}

TEST(ClassifierGuidance, ShiftsTheAncestralMeanByVarianceTimesScale) {
  const Schedule schedule = from_betas({0.1, 0.2});
  const double variance = 0.2 * (1.0 - 0.9) / (1.0 - 0.9 * 0.8);
  EXPECT_NEAR(effect_of_gradient("ddpm", schedule, {1, 0}, 3.0), 3.0 * variance, 1e-12);
}

TEST(ClassifierGuidance, ShiftsTheNoiseOfDdimBySigmaTimesScale) {
  const Schedule schedule = from_betas({0.1, 0.2});
  const NoiseLevel from = schedule.level(1);
  const NoiseLevel to = schedule.level(0);
  const double epsilon_shift = -from.sigma * 3.0;
  const double x0_shift = -from.sigma / from.alpha * epsilon_shift;
  EXPECT_NEAR(effect_of_gradient("ddim", schedule, {1, 0}, 3.0),
              to.alpha * x0_shift + to.sigma * epsilon_shift, 1e-12);
}

TEST(ClassifierGuidance, AsksForNoGradientWhereItIsOff) {
  const Schedule schedule = squaredcos_cap_v2(101);
  GaussianDenoiser base(schedule, {});
  int calls = 0;
  const auto count = [&](const at::Tensor& x, std::int64_t) {
    ++calls;
    return at::zeros_like(x);
  };
  const at::Tensor x = at::zeros({1, 1});
  ClassifierGuidance off(base, count, {.scale = 0.0}, 101);
  EXPECT_FALSE(off.predict(x, 50).score.defined());
  ClassifierGuidance late(base, count, {.scale = 1.0, .interval = {.begin = 0.6, .end = 1.0}}, 101);
  EXPECT_FALSE(late.predict(x, 50).score.defined());
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(late.predict(x, 20).score.defined());
  EXPECT_EQ(calls, 1);
}

TEST(ClassifierGuidance, GradientsAreOnForTheClassifierOnly) {
  const Schedule schedule = squaredcos_cap_v2(10);
  GaussianDenoiser base(schedule, {});
  const auto gradient = [](const at::Tensor& x, std::int64_t) {
    EXPECT_TRUE(at::GradMode::is_enabled());
    const at::Tensor leaf = x.detach().requires_grad_(true);
    leaf.square().sum().backward();
    return leaf.grad();
  };
  ClassifierGuidance denoiser(base, gradient, {.scale = 0.5}, 10);
  const at::NoGradGuard sampling;
  const at::Tensor x = at::randn({2, 3});
  EXPECT_TRUE(at::allclose(denoiser.predict(x, 5).score, x));
  EXPECT_FALSE(at::GradMode::is_enabled());
}

TEST(ClassifierGuidance, OfSeveralClassifiersAddsUp) {
  const Schedule schedule = squaredcos_cap_v2(10);
  GaussianDenoiser base(schedule, {});
  const auto ones = [](const at::Tensor& x, std::int64_t) { return at::ones_like(x); };
  ClassifierGuidance first(base, ones, {.scale = 2.0}, 10);
  ClassifierGuidance second(first, ones, {.scale = 0.5}, 10);
  EXPECT_TRUE(at::allclose(second.predict(at::zeros({1, 1}), 5).score, at::full({1, 1}, 2.5)));
}

TEST(ClassifierGuidance, RefusesImpossibleSettingsAndGradients) {
  const Schedule schedule = squaredcos_cap_v2(10);
  GaussianDenoiser base(schedule, {});
  EXPECT_THROW(
      ClassifierGuidance(base, {}, {.scale = std::numeric_limits<double>::quiet_NaN()}, 10), Error);
  const auto per_picture = [](const at::Tensor& x, std::int64_t) { return at::ones({x.size(0)}); };
  ClassifierGuidance wrong_shape(base, per_picture, {.scale = 1.0}, 10);
  EXPECT_THROW(wrong_shape.predict(at::zeros({2, 3}), 5), Error);
}

}  // namespace
}  // namespace dalle2::diffusion
