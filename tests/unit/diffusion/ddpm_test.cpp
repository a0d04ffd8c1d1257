#include <gtest/gtest.h>

#include "base/error.h"
#include "diffusion/samplers.h"
#include "gaussian.h"

namespace dalle2::diffusion {
namespace {

/// Claims the same learned variance everywhere.
class WithVarianceFraction : public Denoiser {
 public:
  WithVarianceFraction(Denoiser& base, double fraction) : base_(base), fraction_(fraction) {}

  Prediction predict(const at::Tensor& x, std::int64_t t) override {
    Prediction prediction = base_.predict(x, t);
    prediction.variance_fraction = at::full_like(x, fraction_);
    return prediction;
  }

 private:
  Denoiser& base_;
  double fraction_;
};

/// Mean and variance of the result by Ho et al.'s equations 6 and 7, a recursion of numbers.
Moments textbook(const Schedule& schedule, Gaussian data, double log_fraction) {
  Moments x{.mean = 0.0, .variance = 1.0};
  for (std::int64_t t = schedule.num_timesteps() - 1; t >= 0; --t) {
    const double beta = schedule.betas[t];
    const double alpha_bar = schedule.alpha_bar(t);
    const double previous = schedule.alpha_bar(t - 1);
    const double x0_weight = std::sqrt(previous) * beta / (1.0 - alpha_bar);
    const double x_weight = std::sqrt(1.0 - beta) * (1.0 - previous) / (1.0 - alpha_bar);
    const double smallest = beta * (1.0 - previous) / (1.0 - alpha_bar);
    const double added =
        t == 0 ? 0.0 : std::pow(beta, log_fraction) * std::pow(smallest, 1.0 - log_fraction);
    const auto [offset, slope] = data.posterior_mean(schedule.level(t));
    x.mean = x0_weight * (offset + slope * x.mean) + x_weight * x.mean;
    x.variance = std::pow(x0_weight * slope + x_weight, 2) * x.variance + added;
  }
  return x;
}

TEST(Ddpm, FollowsTheTextbookForEveryVariance) {
  struct Case {
    VarianceKind kind;
    double log_fraction;
  };
  const Gaussian data;
  for (const Schedule& schedule :
       {linear(30, 0.01, 0.3), rescale_zero_terminal_snr(squaredcos_cap_v2(30))}) {
    GaussianDenoiser base(schedule, data);
    for (const Case& c :
         {Case{VarianceKind::kFixedSmall, 0.0}, Case{VarianceKind::kFixedLarge, 1.0},
          Case{VarianceKind::kLearnedRange, 0.3}}) {
      WithVarianceFraction denoiser(base, c.log_fraction);
      const auto sampler = find_sampler("ddpm").make(schedule, {.eta = 0.0, .variance = c.kind});
      const Moments result =
          sampled_moments(*sampler, denoiser, make_timesteps("linspace", 30, 30));
      const Moments expected = textbook(schedule, data, c.log_fraction);
      EXPECT_NEAR(result.mean, expected.mean, 1e-9);
      EXPECT_NEAR(result.variance, expected.variance, 1e-9);
    }
  }
}

TEST(Ddpm, ReachesTheDataInManySteps) {
  const Gaussian data;
  const Schedule schedule = squaredcos_cap_v2(1000);
  GaussianDenoiser denoiser(schedule, data);
  const auto error = [&](std::int64_t steps) {
    const auto sampler = find_sampler("ddpm").make(schedule, {});
    const Moments result =
        sampled_moments(*sampler, denoiser, make_timesteps("linspace", 1000, steps));
    EXPECT_NEAR(result.mean, data.mean, 0.01) << steps;
    return std::abs(std::sqrt(result.variance) - data.deviation);
  };
  EXPECT_LT(error(500), 0.01);
  EXPECT_LT(error(500), error(50));
}

TEST(Ddpm, SaysSoIfTheNetworkLearnedNoVariance) {
  const Schedule schedule = linear(10, 0.01, 0.3);
  GaussianDenoiser denoiser(schedule, {});
  const auto sampler =
      find_sampler("ddpm").make(schedule, {.eta = 0.0, .variance = VarianceKind::kLearnedRange});
  EXPECT_THROW(sampled_moments(*sampler, denoiser, {9, 4, 0}), Error);
}

}  // namespace
}  // namespace dalle2::diffusion
