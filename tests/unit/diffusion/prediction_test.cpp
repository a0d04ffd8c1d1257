#include "diffusion/prediction.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "diffusion/denoiser.h"

namespace dalle2::diffusion {
namespace {

class PredictionOf : public testing::TestWithParam<PredictionKind> {};

at::Tensor ideal_output(PredictionKind kind, const at::Tensor& x0, const at::Tensor& epsilon,
                        NoiseLevel level) {
  switch (kind) {
    case PredictionKind::kEpsilon:
      return epsilon;
    case PredictionKind::kV:
      return level.alpha * epsilon - level.sigma * x0;
    case PredictionKind::kX0:
      break;
  }
  return x0;
}

TEST_P(PredictionOf, GivesBackX0AndEpsilonOfANoisedSample) {
  const NoiseLevel level{.alpha = 0.6, .sigma = 0.8};
  const at::Tensor x0 = at::randn({2, 3, 4}, at::kDouble);
  const at::Tensor epsilon = at::randn({2, 3, 4}, at::kDouble);
  const at::Tensor x = level.alpha * x0 + level.sigma * epsilon;
  const Prediction prediction =
      to_prediction(x, ideal_output(GetParam(), x0, epsilon, level), level, GetParam(), false);
  EXPECT_TRUE(at::allclose(prediction.x0, x0));
  EXPECT_TRUE(at::allclose(prediction.epsilon, epsilon));
  EXPECT_FALSE(prediction.variance_fraction.defined());
}

TEST_P(PredictionOf, HasANameThatReadsBack) {
  EXPECT_EQ(prediction_kind(to_string(GetParam())), GetParam());
}

INSTANTIATE_TEST_SUITE_P(EveryKind, PredictionOf,
                         testing::Values(PredictionKind::kEpsilon, PredictionKind::kV,
                                         PredictionKind::kX0),
                         [](const auto& kind) { return std::string(to_string(kind.param)); });

TEST(Prediction, OfVAndX0IsFiniteWithoutAnySignal) {
  const NoiseLevel pure_noise{.alpha = 0.0, .sigma = 1.0};
  const at::Tensor x = at::randn({2, 3});
  const at::Tensor output = at::randn({2, 3});
  const Prediction v = to_prediction(x, output, pure_noise, PredictionKind::kV, false);
  EXPECT_TRUE(at::equal(v.x0, -output));
  EXPECT_TRUE(at::equal(v.epsilon, x));
  const Prediction x0 = to_prediction(x, output, pure_noise, PredictionKind::kX0, false);
  EXPECT_TRUE(at::equal(x0.x0, output));
  EXPECT_TRUE(at::equal(x0.epsilon, x));
}

TEST(Prediction, OfEpsilonIsRefusedWithoutAnySignal) {
  EXPECT_THROW(to_prediction(at::zeros({1, 2}), at::zeros({1, 2}), {.alpha = 0.0, .sigma = 1.0},
                             PredictionKind::kEpsilon, false),
               Error);
  NetworkMeaning meaning{.schedule = rescale_zero_terminal_snr(squaredcos_cap_v2(10)),
                         .kind = PredictionKind::kEpsilon};
  EXPECT_THROW(NetworkDenoiser(meaning, {}), Error);
}

TEST(Prediction, SplitsLearnedVarianceOff) {
  const at::Tensor x = at::zeros({1, 2, 1, 1});
  const at::Tensor output = at::tensor({3.0, 4.0, -1.0, 1.0}, at::kFloat).view({1, 4, 1, 1});
  const Prediction prediction =
      to_prediction(x, output, {.alpha = 0.6, .sigma = 0.8}, PredictionKind::kX0, true);
  EXPECT_TRUE(at::equal(prediction.x0, output.narrow(1, 0, 2)));
  EXPECT_TRUE(at::equal(prediction.variance_fraction,
                        at::tensor({0.0, 1.0}, at::kFloat).view({1, 2, 1, 1})));
}

TEST(Prediction, IsOfTheDtypeOfX) {
  const at::Tensor x = at::zeros({1, 2});
  const Prediction prediction = to_prediction(
      x, at::ones({1, 2}, at::kBFloat16), {.alpha = 0.6, .sigma = 0.8}, PredictionKind::kV, false);
  EXPECT_EQ(prediction.x0.scalar_type(), at::kFloat);
  EXPECT_EQ(prediction.epsilon.scalar_type(), at::kFloat);
}

TEST(Prediction, RefusesOutputOfAnotherShape) {
  const NoiseLevel level{.alpha = 0.6, .sigma = 0.8};
  const at::Tensor x = at::zeros({2, 3, 4, 4});
  const auto read = [&](at::IntArrayRef shape, bool learned_variance) {
    return to_prediction(x, at::zeros(shape), level, PredictionKind::kV, learned_variance);
  };
  EXPECT_NO_THROW(read({2, 3, 4, 4}, false));
  EXPECT_NO_THROW(read({2, 6, 4, 4}, true));
  EXPECT_THROW(read({2, 6, 4, 4}, false), Error);
  EXPECT_THROW(read({2, 3, 4, 4}, true), Error);
  EXPECT_THROW(read({1, 3, 4, 4}, false), Error);
  EXPECT_THROW(read({2, 3, 4, 5}, false), Error);
  EXPECT_THROW(read({2, 3}, false), Error);
}

TEST(Prediction, UnknownKindIsRefused) { EXPECT_THROW(prediction_kind("sample"), Error); }

TEST(ShiftByScore, KeepsXAndMovesX0Uphill) {
  const NoiseLevel level{.alpha = 0.6, .sigma = 0.8};
  Prediction prediction{
      .x0 = at::zeros({1, 2}), .epsilon = at::ones({1, 2}), .score = at::full({1, 2}, 3.0)};
  const at::Tensor x = level.alpha * prediction.x0 + level.sigma * prediction.epsilon;
  shift_by_score(prediction, level);
  EXPECT_TRUE(at::allclose(prediction.epsilon, at::full({1, 2}, 1.0 - 0.8 * 3.0)));
  EXPECT_TRUE(at::allclose(level.alpha * prediction.x0 + level.sigma * prediction.epsilon, x));
  EXPECT_GT(prediction.x0.min().item<float>(), 0.0F);
  EXPECT_FALSE(prediction.score.defined());
}

TEST(ShiftByScore, LeavesX0AloneWithoutAnySignal) {
  Prediction prediction{
      .x0 = at::ones({1, 2}), .epsilon = at::ones({1, 2}), .score = at::full({1, 2}, 3.0)};
  shift_by_score(prediction, {.alpha = 0.0, .sigma = 1.0});
  EXPECT_TRUE(at::equal(prediction.x0, at::ones({1, 2})));
}

}  // namespace
}  // namespace dalle2::diffusion
