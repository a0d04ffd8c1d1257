#include "pipeline/prior_stage.h"

#include <cmath>
#include <numbers>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace dalle2::pipeline {
namespace {

/// Unit vectors at these angles, in degrees.
at::Tensor at_angles(std::initializer_list<double> degrees) {
  const at::Tensor angles = at::tensor(std::vector<double>(degrees)) * (std::numbers::pi / 180.0);
  return at::stack({angles.cos(), angles.sin()}, 1);
}

TEST(BestCandidates, OfTwoTheOneNearerToTheTextIsKept) {
  const PriorSample best =
      best_candidates(at_angles({10, 80, 100, 150}), at_angles({90, 90}), /*candidates=*/2);
  EXPECT_TRUE(at::allclose(best.embeddings, at_angles({80, 100})));
  EXPECT_NEAR(best.similarities[0][1].item<double>(), std::cos(std::numbers::pi / 18), 1e-12);
}

TEST(BestCandidates, OfMoreTheOneNearestToTheOthersIsKeptWhateverTheTextAndTheLengths) {
  const at::Tensor lengths = at::tensor({5.0, 1.0, 2.0, 1.0, 1.0, 9.0}).unsqueeze(1);
  const at::Tensor drawn = at_angles({0, 30, 90, 200, 180, 100}) * lengths;
  const PriorSample best = best_candidates(drawn, at_angles({90, 270}), /*candidates=*/3);
  EXPECT_TRUE(at::allclose(best.embeddings, drawn.index_select(0, at::tensor({1, 4}))));
  const double of_others = (std::cos(std::numbers::pi / 6) + std::cos(std::numbers::pi / 3)) / 2;
  EXPECT_NEAR(best.similarities[0][1].item<double>(), of_others, 1e-12);
}

TEST(BestCandidates, WithoutAChoiceEveryRowIsKept) {
  const at::Tensor drawn = at_angles({0, 30, 90});
  EXPECT_TRUE(at::equal(best_candidates(drawn, at_angles({90, 90, 90}), 1).embeddings, drawn));
}

}  // namespace
}  // namespace dalle2::pipeline
