#include "diffusion/noise.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace dalle2::diffusion {
namespace {

using Seeds = std::vector<std::uint64_t>;

/// 15 numbers a picture: not a multiple of the 16 that torch draws at a time.
constexpr std::int64_t kShape[] = {3, 5};

std::vector<at::Tensor> draws_of(const Seeds& seeds, int count, std::int64_t reserved) {
  NoiseStreams noise(seeds, at::kCPU);
  std::vector<at::Tensor> draws;
  if (reserved > 0) noise.reserve(reserved, kShape);
  for (int i = 0; i < count; ++i) draws.push_back(noise.normal(kShape));
  return draws;
}

TEST(NoiseStreams, APictureDoesNotDependOnItsBatch) {
  const auto batch = draws_of({5, 6, 7}, 4, 4);
  const auto alone = draws_of({6}, 4, 4);
  const auto reordered = draws_of({6, 5}, 4, 4);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(at::equal(batch[i][1], alone[i][0])) << i;
    EXPECT_TRUE(at::equal(batch[i][1], reordered[i][0])) << i;
  }
}

TEST(NoiseStreams, ReservingDoesNotChangeTheNoise) {
  const auto one_by_one = draws_of({1, 2}, 6, 0);
  const auto all_at_once = draws_of({1, 2}, 6, 6);
  const auto too_few = draws_of({1, 2}, 6, 3);
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(at::equal(one_by_one[i], all_at_once[i])) << i;
    EXPECT_TRUE(at::equal(one_by_one[i], too_few[i])) << i;
  }
}

TEST(NoiseStreams, ALongReservationIsDrawnInBlocksWithoutASeam) {
  const std::int64_t large[] = {1 << 22};  // a few of these fill a block
  const Seeds seeds{3};
  NoiseStreams reserved(seeds, at::kCPU);
  NoiseStreams single(seeds, at::kCPU);
  reserved.reserve(6, large);
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(at::equal(reserved.normal(large), single.normal(large))) << i;
  }
}

TEST(NoiseStreams, ShapeMayChangeBetweenReservations) {
  const Seeds seeds{3};
  NoiseStreams noise(seeds, at::kCPU);
  EXPECT_EQ(noise.normal({4}).sizes(), (std::vector<std::int64_t>{1, 4}));
  noise.reserve(2, {2, 2});
  EXPECT_EQ(noise.normal({2, 2}).sizes(), (std::vector<std::int64_t>{1, 2, 2}));
  EXPECT_THROW(noise.normal({4}), Error);
}

TEST(NoiseStreams, AreStandardNormal) {
  const Seeds seeds{11, 12};
  NoiseStreams noise(seeds, at::kCPU);
  const at::Tensor draw = noise.normal({100, 100});
  EXPECT_EQ(draw.scalar_type(), at::kFloat);
  EXPECT_NEAR(draw.mean().item<double>(), 0.0, 0.03);
  EXPECT_NEAR(draw.std().item<double>(), 1.0, 0.03);
  EXPECT_FALSE(at::equal(draw[0], draw[1]));
}

TEST(NoiseFromTensors, GivesThemInOrderAndThenRefuses) {
  NoiseFromTensors noise({at::zeros({2, 3}), at::ones({2, 3})});
  EXPECT_TRUE(at::equal(noise.normal({3}), at::zeros({2, 3})));
  EXPECT_THROW(noise.normal({4}), Error);
  EXPECT_TRUE(at::equal(noise.normal({3}), at::ones({2, 3})));
  EXPECT_THROW(noise.normal({3}), Error);
}

TEST(AddNoise, MixesBySignalAndNoise) {
  const Schedule schedule = from_betas({0.36});
  const at::Tensor mixed = add_noise(schedule, at::ones({1, 2}), at::full({1, 2}, 10.0), 0);
  EXPECT_TRUE(at::allclose(mixed, at::full({1, 2}, 0.8 + 6.0)));
  EXPECT_TRUE(at::equal(add_noise(schedule, at::ones({1, 2}), at::zeros({1, 2}), kClean),
                        at::ones({1, 2})));
}

}  // namespace
}  // namespace dalle2::diffusion
