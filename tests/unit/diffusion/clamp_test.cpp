#include "diffusion/clamp.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace dalle2::diffusion {
namespace {

constexpr NoiseLevel kLevel{.alpha = 0.6, .sigma = 0.8};

Prediction clamped(const Clamp& clamp, const at::Tensor& x0) {
  Prediction prediction{.x0 = x0, .epsilon = at::zeros_like(x0)};
  apply(clamp, kLevel.alpha * x0, kLevel, prediction);
  return prediction;
}

TEST(Clamp, NoneLeavesTheTensorsAlone) {
  const at::Tensor x0 = at::tensor({-30.0, 2.0}, at::kDouble).view({1, 2});
  EXPECT_TRUE(clamped({}, x0).x0.is_same(x0));
}

TEST(Clamp, StaticCutsAtTheRange) {
  const at::Tensor x0 = at::tensor({-30.0, 2.0, 11.0}, at::kDouble).view({1, 3});
  const at::Tensor result = clamped({.kind = Clamp::Kind::kStatic, .range = 10.0}, x0).x0;
  EXPECT_TRUE(at::equal(result, at::tensor({-10.0, 2.0, 10.0}, at::kDouble).view({1, 3})));
  EXPECT_EQ(x0[0][0].item<double>(), -30.0) << "the caller's tensor was changed";
}

TEST(Clamp, EpsilonAgreesWithTheClampedX0) {
  const at::Tensor x0 = at::tensor({-3.0, 0.5}, at::kDouble).view({1, 2});
  for (const auto kind : {Clamp::Kind::kStatic, Clamp::Kind::kDynamic}) {
    const Prediction prediction = clamped({.kind = kind}, x0);
    EXPECT_TRUE(at::allclose(kLevel.alpha * prediction.x0 + kLevel.sigma * prediction.epsilon,
                             kLevel.alpha * x0));
  }
}

TEST(Clamp, DynamicScalesASaturatedPictureBackIntoRange) {
  // |x0| of the first picture: its largest is 4; the second one is in range already.
  const at::Tensor x0 = at::tensor({4.0, -2.0, 0.4, -0.5}, at::kDouble).view({2, 2});
  const Clamp clamp{.kind = Clamp::Kind::kDynamic, .range = 1.0, .percentile = 1.0};
  EXPECT_TRUE(at::allclose(clamped(clamp, x0).x0,
                           at::tensor({1.0, -0.5, 0.4, -0.5}, at::kDouble).view({2, 2})));
}

TEST(Clamp, DynamicCutsWhatIsAboveThePercentile) {
  // The median of |x0| is 3, so 5 is cut to 3, and then all is divided by 3.
  const at::Tensor x0 = at::tensor({1.0, -3.0, 5.0}, at::kDouble).view({1, 3, 1});
  const Clamp clamp{.kind = Clamp::Kind::kDynamic, .range = 1.0, .percentile = 0.5};
  EXPECT_TRUE(at::allclose(clamped(clamp, x0).x0,
                           at::tensor({1.0 / 3, -1.0, 1.0}, at::kDouble).view({1, 3, 1})));
}

TEST(Clamp, RefusesImpossibleSettings) {
  EXPECT_THROW(check({.kind = Clamp::Kind::kStatic, .range = 0.0}), Error);
  EXPECT_THROW(check({.kind = Clamp::Kind::kDynamic, .range = 1.0, .percentile = 0.0}), Error);
  EXPECT_THROW(check({.kind = Clamp::Kind::kDynamic, .range = 1.0, .percentile = 1.5}), Error);
}

}  // namespace
}  // namespace dalle2::diffusion
