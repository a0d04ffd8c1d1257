#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "diffusion/samplers.h"
#include "diffusion/timesteps.h"
#include "gaussian.h"

/// Against diffusers' schedulers: tests/golden/diffusion.json, written by
/// scripts/golden/diffusion.py.
namespace dalle2::diffusion {
namespace {

using Json = nlohmann::json;

const Json& golden() {
  static const Json kGolden = [] {
    std::ifstream file(DALLE2_TEST_GOLDEN "/diffusion.json");
    return Json::parse(file);
  }();
  return kGolden;
}

at::Tensor tensor(const Json& numbers, at::IntArrayRef shape) {
  return at::tensor(numbers.get<std::vector<double>>(), at::kDouble).view(shape).to(at::kFloat);
}

Schedule schedule_of(const Json& row, const std::string& name) {
  const Schedule schedule = make_schedule(name, 1000);
  return row.at("zero_terminal_snr") ? rescale_zero_terminal_snr(schedule) : schedule;
}

TEST(Reference, SchedulesHaveTheSameAlphaBars) {
  for (const Json& row : golden().at("schedules")) {
    const Schedule schedule = schedule_of(row, row.at("name"));
    for (std::size_t i = 0; i < row.at("timesteps").size(); ++i) {
      const double expected = row.at("alpha_bars")[i];
      EXPECT_NEAR(schedule.alpha_bar(row.at("timesteps")[i]), expected, 1e-12 + 1e-6 * expected)
          << row.at("name") << " " << row.at("timesteps")[i];
    }
  }
}

TEST(Reference, SpacingsGiveTheSameTimesteps) {
  for (const Json& row : golden().at("timesteps")) {
    const auto expected = row.at("timesteps").get<std::vector<std::int64_t>>();  // the first few
    auto timesteps = make_timesteps(row.at("spacing").get<std::string>(), 1000, row.at("steps"));
    timesteps.resize(expected.size());
    EXPECT_EQ(timesteps, expected) << row.at("spacing") << " " << row.at("steps");
  }
}

TEST(Reference, SeedsGiveTheSameNoiseAsTorch) {
  const Json& row = golden().at("generator");
  const auto shape = row.at("shape").get<std::vector<std::int64_t>>();
  const std::vector<std::uint64_t> seeds{row.at("seed")};
  NoiseStreams noise(seeds, at::kCPU);
  for (const Json& draw : row.at("draws")) {
    EXPECT_TRUE(at::allclose(noise.normal(shape)[0], tensor(draw, shape), 1e-5, 1e-5));
  }
}

at::Tensor tensor_of(const Json& numbers, bool learned_variance = false) {
  auto shape = golden().at("shape").get<std::vector<std::int64_t>>();
  if (learned_variance) shape[1] *= 2;
  return tensor(numbers, shape);
}

void compare_every_step(const Json& row) {
  static const std::map<std::string, Clamp::Kind> kClamps{{"none", Clamp::Kind::kNone},
                                                          {"static", Clamp::Kind::kStatic},
                                                          {"dynamic", Clamp::Kind::kDynamic}};
  SCOPED_TRACE(row.at("name"));
  const std::string name = row.at("sampler");
  const bool learned_variance = row.at("learned_variance");
  Schedule schedule = schedule_of(row, row.at("schedule"));
  // The reference's solver keeps away from zero SNR; ours need not, but here it does the same.
  if (name == "dpm++2m" && row.at("zero_terminal_snr")) schedule.alpha_bars.back() = 0x1p-24;

  std::size_t calls = 0;
  NetworkDenoiser denoiser({.schedule = schedule,
                            .kind = prediction_kind(row.at("kind").get<std::string>()),
                            .learned_variance = learned_variance},
                           [&](const at::Tensor&, std::int64_t) {
                             return tensor_of(row.at("outputs")[calls++], learned_variance);
                           });
  std::vector<at::Tensor> draws;
  for (const Json& draw : row.at("noise")) draws.push_back(tensor_of(draw));
  NoiseFromTensors noise(std::move(draws));
  const SamplingRun run{
      .timesteps = row.at("timesteps"),
      .clamp = {.kind = kClamps.at(row.at("clamp")), .range = row.at("clamp_range")},
      .on_step = [&](const StepReport& report) {
        const at::Tensor expected = tensor_of(row.at("expected")[report.step - 1]);
        const double scale = std::max(1.0, expected.abs().max().item<double>());
        EXPECT_LT((report.x - expected).abs().max().item<double>(), 1e-5 * scale)
            << "step " << report.step;
      }};
  const SamplerOptions options{
      .eta = row.at("eta"),
      .variance = learned_variance ? VarianceKind::kLearnedRange : VarianceKind::kFixedSmall};
  find_sampler(name).make(schedule, options)->sample(denoiser, tensor_of(row.at("x")), run, noise);
  EXPECT_EQ(calls, row.at("timesteps").size());
}

TEST(Reference, SamplersReachTheSameXInEveryStep) {
  for (const Json& row : golden().at("cases")) compare_every_step(row);
}

}  // namespace
}  // namespace dalle2::diffusion
