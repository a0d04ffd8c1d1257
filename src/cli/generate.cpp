#include <iostream>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/log.h"
#include "base/seeds.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/generate_from.h"
#include "cli/open_requests.h"
#include "cli/output_plan.h"
#include "cli/picture_writer.h"
#include "cli/progress_bar.h"
#include "cli/prompt_source.h"
#include "cli/signals.h"
#include "cli/step_writer.h"
#include "dalle2/generator.h"
#include "options/check.h"

namespace dalle2::cli {
namespace {

GenerateRequest make_request(const options::Settings& settings) {
  GenerateRequest request = settings.request;
  request.prompt = read_prompt(settings.arguments.front(), std::cin);
  if (!settings.seed_given) request.seed = random_seed();
  options::check_request(request);
  return request;
}

void report_seed(const GenerateRequest& request) {
  const std::uint64_t last = request.seed + static_cast<std::uint64_t>(request.count) - 1;
  log(LogLevel::kInfo, "seed " + std::to_string(request.seed) +
                           (request.count > 1 ? " to " + std::to_string(last) : ""));
}

void report_timings(const Timings& t) {
  const auto part = [](const char* name, double seconds) {
    return std::string(name) + " " + std::to_string(static_cast<int>(seconds * 1000)) + " ms";
  };
  log(LogLevel::kDebug, part("load", t.load) + ", " + part("text", t.text) + ", " +
                            part("prior", t.prior) + ", " + part("decoder", t.decoder) + ", " +
                            part("upsampler", t.upsampler));
}

}  // namespace

int run_generate(const options::Invocation& invocation) {
  const options::Settings& settings = invocation.settings;
  const GenerateRequest request = make_request(settings);
  if (starts_from_files(settings.edit)) return run_generate_from(settings, request);
  if (!settings.generator.noise.empty() && settings.output.if_exists == "skip") {
    throw Error(ErrorKind::kUsage,
                "--noise has one row for each picture, so it goes without --if-exists skip");
  }
  OutputPlan plan = plan_output(settings, request, output_is_terminal());
  check_output(settings, &plan);

  const PictureWriter writer(settings, plan);
  writer.report_skipped();
  const std::vector<OpenRequest> parts = open_requests(request, plan.skipped);
  if (parts.empty()) return kSuccess;
  report_seed(request);
  catch_signals();

  ProgressBar bar(std::cerr, error_terminal(settings.ui), request.count);
  GeneratorOptions options = settings.generator;
  options.progress = [&](const Progress& progress) { bar.show(progress); };
  options.warn = [&](std::string_view message) {
    bar.clear();
    log(LogLevel::kWarning, message);
  };
  options.cancelled = is_cancelled;
  std::optional<StepWriter> steps;
  if (const auto& folder = settings.output.save_steps; !folder.empty()) {
    steps.emplace(folder, parts);
    options.preview = [&](const StepPreview& preview) { steps->write(preview); };
  }
  Generator generator(options);

  std::vector<GenerateRequest> requests;
  for (const OpenRequest& part : parts) requests.push_back(part.request);
  generator.generate(requests, [&](int part, int index, GeneratedPicture picture) {
    bar.clear();
    writer.write(parts[static_cast<std::size_t>(part)].first + index, picture);
  });
  report_timings(generator.timings());
  return kSuccess;
}

}  // namespace dalle2::cli
