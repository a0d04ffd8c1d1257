#include "diffusion/timesteps.h"

#include <gtest/gtest.h>

#include "unit/expect_error.h"
#include "base/error.h"
#include "diffusion/sampler.h"

namespace dalle2::diffusion {
namespace {

using Timesteps = std::vector<std::int64_t>;

TEST(Timesteps, LinspaceHoldsBothEnds) {
  EXPECT_EQ(make_timesteps("linspace", 1000, 4), (Timesteps{999, 666, 333, 0}));
  EXPECT_EQ(make_timesteps("linspace", 1000, 2), (Timesteps{999, 0}));
}

TEST(Timesteps, LinspaceRoundsHalvesToEven) {
  EXPECT_EQ(make_timesteps("linspace", 6, 3), (Timesteps{5, 2, 0}));
  EXPECT_EQ(make_timesteps("linspace", 8, 3), (Timesteps{7, 4, 0}));
}

TEST(Timesteps, LeadingStartsBelowTheNoisiest) {
  EXPECT_EQ(make_timesteps("leading", 1000, 4), (Timesteps{750, 500, 250, 0}));
}

TEST(Timesteps, TrailingStartsAtTheNoisiest) {
  EXPECT_EQ(make_timesteps("trailing", 1000, 4), (Timesteps{999, 749, 499, 249}));
}

TEST(Timesteps, OneStepStartsAtTheNoisiest) {
  EXPECT_EQ(make_timesteps("linspace", 1000, 1), (Timesteps{999}));
  EXPECT_EQ(make_timesteps("trailing", 1000, 1), (Timesteps{999}));
}

TEST(Timesteps, EverySpacingDescendsForEveryNumberOfSteps) {
  for (const Spacing& spacing : spacings()) {
    for (std::int64_t steps = 1; steps <= 200; ++steps) {
      const Timesteps timesteps = make_timesteps(spacing.name, 200, steps);
      ASSERT_EQ(std::ssize(timesteps), steps) << spacing.name;
      ASSERT_NO_THROW(check_timesteps(timesteps, 200)) << spacing.name << " " << steps;
    }
  }
}

TEST(Timesteps, RefuseImpossibleNumbersOfStepsAndUnknownNames) {
  EXPECT_THROW(make_timesteps("linspace", 1000, 0), Error);
  EXPECT_THROW(make_timesteps("linspace", 1000, -3), Error);
  EXPECT_THROW(make_timesteps("linspace", 1000, 1001), Error);
  EXPECT_THROW(make_timesteps("karras", 1000, 10), Error);
}

TEST(Timesteps, TruncatedOnesLeapOnceAndThenTrail) {
  EXPECT_EQ(make_truncated_timesteps("trailing", 1000, 399, 5), (Timesteps{999, 399, 299, 199, 99}));
  EXPECT_EQ(make_truncated_timesteps("trailing", 1000, 399, 2), (Timesteps{999, 399}));
  EXPECT_EQ(make_truncated_timesteps("trailing", 1000, 399, 1), (Timesteps{999}));
  EXPECT_EQ(make_truncated_timesteps("linspace", 1000, 3, 5), (Timesteps{999, 3, 2, 1, 0}));
}

TEST(Timesteps, TruncatedOnesAreAsManyAsFit) {
  expect_error(ErrorKind::kUsage, testing::HasSubstr("this model takes 1 to 5"),
               [] { make_truncated_timesteps("trailing", 1000, 3, 6); });
  EXPECT_THROW(make_truncated_timesteps("trailing", 1000, 3, 0), Error);
}

TEST(Timesteps, TailKeepsTheCleanestPart) {
  const Timesteps timesteps = make_timesteps("trailing", 1000, 4);
  EXPECT_EQ(tail_timesteps(timesteps, 1.0), timesteps);
  EXPECT_EQ(tail_timesteps(timesteps, 0.5), (Timesteps{499, 249}));
  EXPECT_EQ(tail_timesteps(timesteps, 0.01), (Timesteps{249}));
  EXPECT_THROW(tail_timesteps(timesteps, 0.0), Error);
  EXPECT_THROW(tail_timesteps(timesteps, 1.1), Error);
}

}  // namespace
}  // namespace dalle2::diffusion
