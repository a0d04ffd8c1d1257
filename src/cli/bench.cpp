#include <iostream>

#include "base/cancel.h"
#include "base/log.h"
#include "cli/bench_report.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/flop_counter.h"
#include "cli/matmul_peak.h"
#include "cli/progress_bar.h"
#include "cli/signals.h"
#include "cli/standard_output.h"
#include "dalle2/generator.h"
#include "model/torch_errors.h"
#include "pipeline/stopwatch.h"

namespace dalle2::cli {
namespace {

/// Long enough to be a usual prompt, short enough for every text encoder.
constexpr char kPrompt[] = "a red fox sitting in the snow";

model::Placement placement_of(const PictureSettings& settings) {
  const at::Device device = model::resolve_device(settings.device);
  return {device, model::resolve_dtype(settings.dtype, device)};
}

/// Collects the steps of one run by stage.
struct StageCollector {
  FlopCounter* counter = nullptr;
  std::map<Stage, StageCost> stages;

  void add(const Progress& progress) {
    if (counter == nullptr) return;
    StageCost& cost = stages[progress.stage];
    cost.steps += 1;
    cost.seconds += progress.seconds;
    // What came before a stage, such as the text encoder, is no part of its first step, which is
    // therefore counted like the second.
    const double operations = counter->take();
    const bool first_of_several = progress.step == 1 && progress.steps > 1;
    if (!first_of_several) cost.operations += (progress.step == 2 ? 2.0 : 1.0) * operations;
  }
};

BenchReport measure(const options::Settings& settings) {
  GenerateRequest request = settings.request;
  request.prompt = kPrompt;
  ProgressBar bar(std::cerr, error_terminal(settings.ui), request.count);
  StageCollector collector;
  GeneratorOptions options = settings.generator;
  options.cancelled = is_cancelled;
  options.progress = [&](const Progress& progress) {
    collector.add(progress);
    bar.show(progress);
  };

  BenchReport report;
  report.pictures = request.count;
  const pipeline::Stopwatch since_start;
  Generator generator(options);
  generator.warm_up(request);
  report.load = generator.timings().load;
  report.warm_up = since_start.seconds() - report.load;
  report.settings = generator.resolve(request);
  {
    // Counting costs time, so operations come from a run of their own.
    FlopCounter counter;
    collector.counter = &counter;
    generator.generate(request);
    collector.counter = nullptr;
  }
  const std::map<Stage, StageCost> counted = collector.stages;
  for (int round = 0; round < settings.bench.repeats; ++round) {
    const Timings before = generator.timings();
    const pipeline::Stopwatch run;
    generator.generate(request);
    const double seconds = run.seconds();
    if (round > 0 && seconds >= report.seconds) continue;
    const Timings after = generator.timings();
    report.seconds = seconds;
    report.stages = counted;
    const std::map<Stage, double> spent = {{Stage::kText, after.text - before.text},
                                           {Stage::kPrior, after.prior - before.prior},
                                           {Stage::kDecoder, after.decoder - before.decoder},
                                           {Stage::kUpsampler, after.upsampler - before.upsampler}};
    for (auto& [stage, cost] : report.stages) cost.seconds = spent.at(stage);
  }
  report.matmul_peak = model::translating_torch_errors(
      "multiplying matrices", [&] { return measure_matmul_peak(placement_of(report.settings)); });
  return report;
}

}  // namespace

int run_bench(const options::Invocation& invocation) {
  catch_signals();
  const BenchReport report = measure(invocation.settings);
  print(invocation.settings.ui.json ? to_json(report).dump() + "\n" : to_text(report));
  return kSuccess;
}

}  // namespace dalle2::cli
