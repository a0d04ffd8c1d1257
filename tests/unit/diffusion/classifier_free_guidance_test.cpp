#include "diffusion/classifier_free_guidance.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"
#include "diffusion/samplers.h"
#include "gaussian.h"

namespace dalle2::diffusion {
namespace {

constexpr std::int64_t kTimesteps = 101;

/// Gives x + 1 for conditional rows and 2 x for unconditional ones; counts its rows.
struct FakeNetwork {
  std::int64_t* rows;

  at::Tensor operator()(const at::Tensor& x, std::int64_t /*t*/, Condition condition) const {
    *rows += x.size(0);
    switch (condition) {
      case Condition::kConditional:
        return x + 1.0;
      case Condition::kUnconditional:
        return x * 2.0;
      case Condition::kBoth:
        break;
    }
    const auto halves = x.chunk(2);
    return at::cat({halves[0] + 1.0, halves[1] * 2.0});
  }
};

at::Tensor guided(const at::Tensor& x, std::int64_t t, ClassifierFreeOptions options,
                  std::int64_t* rows) {
  return classifier_free_guidance(FakeNetwork{rows}, options, kTimesteps)(x, t);
}

TEST(ClassifierFreeGuidance, ScaleOneIsConditionalAndCostsOneHalf) {
  const at::Tensor x = at::randn({3, 2});
  std::int64_t rows = 0;
  EXPECT_TRUE(at::equal(guided(x, 50, {.scale = 1.0}, &rows), x + 1.0));
  EXPECT_EQ(rows, 3);
}

TEST(ClassifierFreeGuidance, ScaleZeroIsUnconditionalAndCostsOneHalf) {
  const at::Tensor x = at::randn({3, 2});
  std::int64_t rows = 0;
  EXPECT_TRUE(at::equal(guided(x, 50, {.scale = 0.0}, &rows), x * 2.0));
  EXPECT_EQ(rows, 3);
}

TEST(ClassifierFreeGuidance, OfSomeChannelsLeavesTheOthersConditionalWhateverTheScale) {
  const at::Tensor x = at::randn({3, 5}, at::kDouble);
  std::int64_t rows = 0;
  for (const double scale : {0.0, 1.0, 4.0}) {
    const at::Tensor all = 2.0 * x + scale * (x + 1.0 - 2.0 * x);
    const at::Tensor expected = at::cat({all.slice(1, 0, 2), x.slice(1, 2) + 1.0}, 1);
    EXPECT_TRUE(at::allclose(guided(x, 50, {.scale = scale, .channels = 2}, &rows), expected));
  }
}

TEST(ClassifierFreeGuidance, ExtrapolatesFromTheUnconditionalHalf) {
  const at::Tensor x = at::randn({3, 2}, at::kDouble);
  std::int64_t rows = 0;
  const at::Tensor expected = 2.0 * x + 4.0 * (x + 1.0 - 2.0 * x);
  EXPECT_TRUE(at::allclose(guided(x, 50, {.scale = 4.0}, &rows), expected));
  EXPECT_EQ(rows, 6);
}

TEST(ClassifierFreeGuidance, RunsTheConditionalHalfAloneOutsideOfTheInterval) {
  const at::Tensor x = at::randn({3, 2});
  const ClassifierFreeOptions options{.scale = 4.0, .interval = {.begin = 0.2, .end = 0.8}};
  for (const std::int64_t t : {100, 81, 19, 0}) {
    std::int64_t rows = 0;
    EXPECT_TRUE(at::equal(guided(x, t, options, &rows), x + 1.0)) << t;
    EXPECT_EQ(rows, 3) << t;
  }
  for (const std::int64_t t : {79, 50, 21}) {
    std::int64_t rows = 0;
    guided(x, t, options, &rows);
    EXPECT_EQ(rows, 6) << t;
  }
}

TEST(ClassifierFreeGuidance, WholeIntervalHoldsBothEnds) {
  EXPECT_TRUE(Interval{}.contains(0, 1000));
  EXPECT_TRUE(Interval{}.contains(999, 1000));
  EXPECT_TRUE(Interval{}.contains(0, 1));
}

TEST(ClassifierFreeGuidance, TakesLearnedVarianceFromTheConditionalHalf) {
  const auto network = [](const at::Tensor& x, std::int64_t, Condition) {
    const at::Tensor mean = at::tensor({1.0, 3.0}).view({2, 1});  // conditional, unconditional
    return at::cat({mean, 10.0 * mean}, 1).to(x.scalar_type());
  };
  const at::Tensor output =
      classifier_free_guidance(network, {.scale = 2.0}, kTimesteps)(at::zeros({1, 1}), 50);
  EXPECT_TRUE(at::allclose(output, at::tensor({-1.0, 10.0}, at::kFloat).view({1, 2})));
}

TEST(ClassifierFreeGuidance, MovesAGaussianByTheScale) {
  const Schedule schedule = rescale_zero_terminal_snr(squaredcos_cap_v2(1000));
  const auto v = [&](Gaussian data, const at::Tensor& x, std::int64_t t) {
    const NoiseLevel level = schedule.level(t);
    const Prediction ideal = GaussianDenoiser(schedule, data).predict(x, t);
    return level.alpha * ideal.epsilon - level.sigma * ideal.x0;
  };
  const auto network = [&](const at::Tensor& x, std::int64_t t, Condition) {
    const auto halves = x.chunk(2);
    return at::cat({v({.mean = 0.5, .deviation = 0.3}, halves[0], t),
                    v({.mean = 0.1, .deviation = 0.3}, halves[1], t)});
  };
  NetworkDenoiser denoiser({.schedule = schedule, .kind = PredictionKind::kV},
                           classifier_free_guidance(network, {.scale = 3.0}, 1000));
  const auto sampler = find_sampler("ddim").make(schedule, {});
  const Moments result = sampled_moments(*sampler, denoiser, make_timesteps("trailing", 1000, 500));
  EXPECT_NEAR(result.mean, 0.1 + 3.0 * (0.5 - 0.1), 1e-3);
  EXPECT_NEAR(std::sqrt(result.variance), 0.3, 0.01);
}

TEST(ClassifierFreeGuidance, RefusesImpossibleSettings) {
  const auto make = [](ClassifierFreeOptions options) {
    return classifier_free_guidance({}, options, kTimesteps);
  };
  EXPECT_THROW(make({.scale = -1.0}), Error);
  EXPECT_THROW(make({.scale = std::numeric_limits<double>::infinity()}), Error);
  EXPECT_THROW(make({.scale = 1.0, .interval = {.begin = 0.5, .end = 0.2}}), Error);
  EXPECT_THROW(make({.scale = 1.0, .interval = {.begin = -0.1, .end = 0.2}}), Error);
  EXPECT_THROW(make({.scale = 1.0, .interval = {.begin = 0.1, .end = 1.2}}), Error);
}

}  // namespace
}  // namespace dalle2::diffusion
