#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include "diffusion/classifier_free_guidance.h"
#include "diffusion/denoiser.h"
#include "diffusion/samplers.h"
#include "diffusion/timesteps.h"

/// What a step costs besides the network: guidance, prediction, clamp, the sampler itself.
namespace dalle2::diffusion {
namespace {

constexpr std::int64_t kTimesteps = 1000;
constexpr std::int64_t kSteps = 16;

void sample(benchmark::State& state, const SamplerInfo& info) {
  at::set_num_threads(1);
  const std::int64_t batch = state.range(0);
  const std::vector<std::uint64_t> seeds(static_cast<std::size_t>(batch), 1);
  NoiseStreams noise(seeds, at::kCPU);
  const at::Tensor start = noise.normal({4, 64, 64});
  const at::Tensor output = at::cat({start, start}).mul(0.1);
  const Schedule schedule = rescale_zero_terminal_snr(squaredcos_cap_v2(kTimesteps));
  NetworkDenoiser denoiser(
      {.schedule = schedule, .kind = PredictionKind::kV},
      classifier_free_guidance([&](const at::Tensor&, std::int64_t, Condition) { return output; },
                               {.scale = 3.0}, kTimesteps));
  const auto sampler = info.make(schedule, {});
  const SamplingRun run = {.timesteps = make_timesteps("trailing", kTimesteps, kSteps),
                           .clamp = {.kind = Clamp::Kind::kStatic, .range = 1.0}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(sampler->sample(denoiser, start, run, noise));
  }
  state.counters["step"] = benchmark::Counter(
      static_cast<double>(kSteps),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

const bool registered = [] {
  for (const SamplerInfo& info : samplers()) {
    benchmark::RegisterBenchmark(("sampler/" + std::string(info.name)).c_str(),
                                 [&info](benchmark::State& state) { sample(state, info); })
        ->Arg(1)
        ->Arg(16)
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace dalle2::diffusion
