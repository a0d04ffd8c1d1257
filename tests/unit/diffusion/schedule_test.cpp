#include "diffusion/schedule.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"

namespace dalle2::diffusion {
namespace {

TEST(Schedule, AlphaBarIsTheRunningProductOfOneMinusBeta) {
  const Schedule schedule = from_betas({0.1, 0.2, 0.5});
  EXPECT_DOUBLE_EQ(schedule.alpha_bar(0), 0.9);
  EXPECT_DOUBLE_EQ(schedule.alpha_bar(1), 0.9 * 0.8);
  EXPECT_DOUBLE_EQ(schedule.alpha_bar(2), 0.9 * 0.8 * 0.5);
  EXPECT_EQ(schedule.num_timesteps(), 3);
}

TEST(Schedule, CleanHasSignalOnly) {
  const NoiseLevel level = from_betas({0.1}).level(kClean);
  EXPECT_EQ(level.alpha, 1.0);
  EXPECT_EQ(level.sigma, 0.0);
}

TEST(Schedule, SignalAndNoiseKeepUnitVarianceAndNoiseGrows) {
  for (const NamedSchedule& row : schedules()) {
    const Schedule schedule = row.make(1000);
    ASSERT_EQ(schedule.num_timesteps(), 1000) << row.name;
    for (std::int64_t t = 0; t < 1000; ++t) {
      const NoiseLevel level = schedule.level(t);
      ASSERT_NEAR(level.alpha * level.alpha + level.sigma * level.sigma, 1.0, 1e-12);
      ASSERT_GT(level.sigma, schedule.level(t - 1).sigma) << row.name << " " << t;
    }
  }
}

TEST(Schedule, LinearReachesBothEnds) {
  const Schedule schedule = linear(5, 0.1, 0.3);
  EXPECT_DOUBLE_EQ(schedule.betas.front(), 0.1);
  EXPECT_DOUBLE_EQ(schedule.betas[2], 0.2);
  EXPECT_DOUBLE_EQ(schedule.betas.back(), 0.3);
}

TEST(Schedule, SquaredCosineFollowsTheCosineUntilTheCap) {
  const auto cosine = [](double time) {
    return std::pow(std::cos((time + 0.008) / 1.008 * std::acos(-1.0) / 2), 2);
  };
  const Schedule schedule = squaredcos_cap_v2(100);
  EXPECT_NEAR(schedule.alpha_bar(49), cosine(0.5) / cosine(0.0), 1e-12);
  EXPECT_EQ(schedule.betas.back(), 0.999);
}

TEST(ZeroTerminalSnr, LastTimestepIsPureNoiseAndTheFirstIsUnchanged) {
  for (const NamedSchedule& row : schedules()) {
    const Schedule before = row.make(1000);
    const Schedule after = rescale_zero_terminal_snr(before);
    EXPECT_EQ(after.alpha_bars.back(), 0.0) << row.name;
    EXPECT_EQ(after.betas.back(), 1.0) << row.name;
    EXPECT_NEAR(after.alpha_bar(0), before.alpha_bar(0), 1e-12) << row.name;
    EXPECT_LT(after.alpha_bar(500), before.alpha_bar(500)) << row.name;
  }
}

TEST(ZeroTerminalSnr, NeedsTwoTimesteps) {
  EXPECT_THROW(rescale_zero_terminal_snr(from_betas({0.5})), Error);
}

TEST(Schedule, RefusesBetasOutsideOfZeroToOne) {
  EXPECT_THROW(from_betas({}), Error);
  EXPECT_THROW(from_betas({0.0, 0.1}), Error);
  EXPECT_THROW(from_betas({-0.1}), Error);
  EXPECT_THROW(from_betas({1.0, 0.1}), Error);
  EXPECT_THROW(from_betas({0.1, 1.5}), Error);
  EXPECT_THROW(from_betas({0.1, std::nan("")}), Error);
}

TEST(Schedule, RefusesTimestepsItDoesNotHave) {
  const Schedule schedule = from_betas({0.1, 0.2});
  EXPECT_THROW(schedule.alpha_bar(2), Error);
  EXPECT_THROW(schedule.level(-2), Error);
}

TEST(Schedule, UnknownNameIsRefusedWithTheKnownOnes) {
  EXPECT_THROW(make_schedule("linear", 0), Error);
  try {
    make_schedule("cosine", 1000);
    FAIL() << "an unknown name was taken";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("'cosine'"), std::string::npos) << message;
    EXPECT_NE(message.find("squaredcos_cap_v2"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace dalle2::diffusion
