#include "pipeline/slerp.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/expect_error.h"

namespace dalle2::pipeline {
namespace {

at::Tensor row(std::vector<double> values) {
  return at::tensor(values, at::kDouble).view({1, static_cast<std::int64_t>(values.size())});
}

at::Tensor way(double t) { return at::full({1}, t, at::kDouble); }

TEST(Slerp, GoesAlongTheCircleAtAnEvenPace) {
  const at::Tensor a = row({1, 0});
  const at::Tensor b = row({0, 1});
  for (const double t : {0.0, 0.1, 0.5, 0.8, 1.0}) {
    const double angle = t * std::acos(0.0);
    EXPECT_TRUE(at::allclose(slerp(a, b, way(t)), row({std::cos(angle), std::sin(angle)}))) << t;
  }
}

TEST(Slerp, KeepsTheLengthOfRowsOfOneLength) {
  const at::Tensor a = at::randn({5, 3, 4, 4}, at::kDouble);
  at::Tensor b = at::randn({5, 3, 4, 4}, at::kDouble);
  const auto length = [](const at::Tensor& x) {
    return at::linalg_vector_norm(x.flatten(1), 2, at::IntArrayRef{1});
  };
  b = b * (length(a) / length(b)).view({5, 1, 1, 1});
  EXPECT_TRUE(at::allclose(length(slerp(a, b, way(0.3))), length(a)));
}

TEST(Slerp, HasOneAngleARowNotOneAValue) {
  // An elementwise product instead of the dot product would leave single values as they are.
  const at::Tensor middle = slerp(row({1, 0, 1, 0}), row({1, 0, 0, 1}), way(0.5));
  const double expected = std::sin(0.5 * std::acos(0.5)) / std::sin(std::acos(0.5));
  EXPECT_TRUE(at::allclose(middle, row({2 * expected, 0, expected, expected})));
}

TEST(Slerp, IsALineBetweenRowsThatAgree) {
  EXPECT_TRUE(at::allclose(slerp(row({1, 2}), row({1, 2}), way(0.7)), row({1, 2})));
}

TEST(Slerp, RefusesOppositeRows) {
  expect_error(ErrorKind::kUsage, testing::HasSubstr("opposite"), [] {
    slerp(row({1, 0}), row({-2, 0}), way(0.5));
  });
}

TEST(MixEmbeddings, WeighsDirectionsAndKeepsTheMeanLength) {
  const at::Tensor both = at::cat({row({2, 0}), row({0, 4})});
  const at::Tensor mixed = mix_embeddings(both, at::tensor({1.0, 1.0}));
  EXPECT_TRUE(at::allclose(mixed, row({3, 3}) / std::sqrt(2.0)));
  EXPECT_TRUE(at::allclose(mix_embeddings(both, at::tensor({1.0, 0.0})), row({2, 0})));
}

TEST(MixEmbeddings, RefusesWeightsThatCancelOut) {
  const at::Tensor same = at::cat({row({1, 0}), row({1, 0})});
  expect_error(ErrorKind::kUsage, testing::HasSubstr("cancel"), [&] {
    mix_embeddings(same, at::tensor({1.0, -1.0}));
  });
}

TEST(TextDiff, TurnsTheEmbeddingTowardsTheDifference) {
  const at::Tensor turned =
      text_diff(row({2, 0, 0}), row({0, 0, 1}), row({0, 1, 1}), /*strength=*/0.5);
  EXPECT_TRUE(at::allclose(turned, row({1, 1, 0}) * std::sqrt(2.0)));
  EXPECT_TRUE(at::allclose(text_diff(row({2, 0}), row({1, 0}), row({0, 1}), 0.0), row({2, 0})));
}

TEST(TextDiff, RefusesTextsThatSayTheSame) {
  expect_error(ErrorKind::kUsage, testing::HasSubstr("--from and --to"), [] {
    text_diff(row({1, 0}), row({0, 1}), row({0, 1}), 0.3);
  });
}

}  // namespace
}  // namespace dalle2::pipeline
