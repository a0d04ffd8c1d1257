#include "diffusion/sampler.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "base/error.h"
#include "diffusion/samplers.h"
#include "diffusion/timesteps.h"
#include "gaussian.h"

namespace dalle2::diffusion {
namespace {

/// What holds for every row of the table of samplers.
class EverySampler : public testing::TestWithParam<std::string_view> {
 protected:
  at::Tensor sample(const SamplingRun& run, const std::vector<std::uint64_t>& seeds = {1, 2}) {
    NoiseStreams noise(seeds, at::kCPU);
    const at::Tensor start = noise.normal({3, 2, 2});
    return sampler_->sample(denoiser_, start, run, noise);
  }

  Schedule schedule_ = squaredcos_cap_v2(100);
  GaussianDenoiser denoiser_{schedule_, {}};
  std::unique_ptr<Sampler> sampler_ = find_sampler(GetParam()).make(schedule_, {});
  SamplingRun run_{.timesteps = {99, 60, 30, 10}};
};

TEST_P(EverySampler, KeepsShapeAndSinglePrecision) {
  const at::Tensor x = sample(run_);
  EXPECT_EQ(x.sizes(), (std::vector<std::int64_t>{2, 3, 2, 2}));
  EXPECT_EQ(x.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::isfinite(x).all().item<bool>());
}

TEST_P(EverySampler, DrawsAPictureThatDoesNotDependOnItsBatch) {
  const at::Tensor batch = sample(run_, {4, 5, 6});
  const at::Tensor alone = sample(run_, {5});
  EXPECT_TRUE(at::equal(batch[1], alone[0]));
}

TEST_P(EverySampler, ReportsEveryStepAndEndsAtItsLastX0) {
  std::vector<int> steps;
  at::Tensor x0;
  run_.on_step = [&](const StepReport& report) {
    EXPECT_EQ(report.steps, 4);
    EXPECT_EQ(report.x.sizes(), report.x0.sizes());
    steps.push_back(report.step);
    x0 = report.x0;
  };
  const at::Tensor x = sample(run_);
  EXPECT_EQ(steps, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_TRUE(at::allclose(x, x0));
}

TEST_P(EverySampler, StopsWhereTheCallbackThrows) {
  int reports = 0;
  run_.on_step = [&](const StepReport&) {
    if (++reports == 2) throw std::runtime_error("stop");
  };
  EXPECT_THROW(sample(run_), std::runtime_error);
  EXPECT_EQ(reports, 2);
}

TEST_P(EverySampler, GivesTheConstraintEveryTimestepItReaches) {
  std::vector<std::int64_t> reached;
  run_.constrain = [&](const at::Tensor& x, std::int64_t t) {
    reached.push_back(t);
    const at::Tensor known = at::full_like(x.narrow(2, 0, 1), 0.25);
    return at::cat({known, x.narrow(2, 1, 1)}, 2);
  };
  const at::Tensor x = sample(run_);
  EXPECT_EQ(reached, (std::vector<std::int64_t>{60, 30, 10, kClean}));
  EXPECT_TRUE(x.narrow(2, 0, 1).eq(0.25).all().item<bool>());
}

TEST_P(EverySampler, KeepsX0InTheClamp) {
  run_.clamp = {.kind = Clamp::Kind::kStatic, .range = 0.2};
  run_.on_step = [](const StepReport& report) {
    EXPECT_LE(report.x0.abs().max().item<double>(), 0.2 + 1e-6);
  };
  EXPECT_LE(sample(run_).abs().max().item<double>(), 0.2 + 1e-6);
}

TEST_P(EverySampler, StartsHalfWayFromANoisedPicture) {
  // From little noise the picture comes back nearly as it was.
  const at::Tensor picture = at::full({2, 3, 2, 2}, 0.6);
  const auto timesteps = tail_timesteps(make_timesteps("trailing", 100, 50), 0.1);
  NoiseStreams noise(std::vector<std::uint64_t>{1, 2}, at::kCPU);
  const at::Tensor start =
      add_noise(schedule_, picture, noise.normal({3, 2, 2}), timesteps.front());
  run_.timesteps = timesteps;
  const at::Tensor x = sampler_->sample(denoiser_, start, run_, noise);
  EXPECT_LT((x - picture).abs().max().item<double>(), 0.5);
  EXPECT_GT((start - picture).abs().max().item<double>(), 0.01);
}

TEST_P(EverySampler, RefusesTimestepsThatDoNotDescend) {
  for (const std::vector<std::int64_t>& timesteps :
       {std::vector<std::int64_t>{}, {100, 50}, {50, 50}, {10, 20}, {10, -1}}) {
    run_.timesteps = timesteps;
    EXPECT_THROW(sample(run_), Error);
  }
}

TEST_P(EverySampler, RefusesABadClamp) {
  run_.clamp = {.kind = Clamp::Kind::kStatic, .range = -1.0};
  EXPECT_THROW(sample(run_), Error);
}

std::vector<std::string_view> names() {
  std::vector<std::string_view> result;
  for (const SamplerInfo& row : samplers()) result.push_back(row.name);
  return result;
}

std::string alphanumeric(const testing::TestParamInfo<std::string_view>& info) {
  std::string name;
  for (const char c : info.param) name += c == '+' ? 'p' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Samplers, EverySampler, testing::ValuesIn(names()), alphanumeric);

TEST(Samplers, DoBestWithTimestepsThatExist) {
  for (const SamplerInfo& row : samplers()) {
    EXPECT_NO_THROW(make_timesteps(row.spacing, 1000, 10)) << row.name;
  }
}

TEST(Samplers, UnknownNameIsRefusedWithTheKnownOnes) {
  try {
    find_sampler("euler");
    FAIL() << "an unknown name was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("ddpm, ddim, dpm++2m"), std::string::npos);
  }
}

}  // namespace
}  // namespace dalle2::diffusion
