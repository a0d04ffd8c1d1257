#include "cli/bench_report.h"

#include <cstdarg>
#include <cstdio>

namespace dalle2::cli {
namespace {

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

double share_of_peak(const StageCost& cost, double peak) {
  return cost.seconds > 0.0 && peak > 0.0 ? cost.operations / cost.seconds / peak : 0.0;
}

}  // namespace

Json to_json(const BenchReport& report) {
  Json stages = Json::object();
  for (const auto& [stage, cost] : report.stages) {
    stages[std::string(to_string(stage))] = {
        {"steps", cost.steps},
        {"seconds", cost.seconds},
        {"operations", cost.operations},
        {"share_of_peak", share_of_peak(cost, report.matmul_peak)}};
  }
  return {{"model", report.settings.model},
          {"device", report.settings.device},
          {"dtype", report.settings.dtype},
          {"size", report.settings.width},
          {"pictures", report.pictures},
          {"load_seconds", report.load},
          {"warm_up_seconds", report.warm_up},
          {"seconds", report.seconds},
          {"pictures_per_second", report.pictures / report.seconds},
          {"matmul_peak", report.matmul_peak},
          {"stages", stages}};
}

std::string to_text(const BenchReport& report) {
  const PictureSettings& s = report.settings;
  std::string out = format("%s on %s in %s, %d pictures of %d pixels\n", s.model.c_str(),
                           s.device.c_str(), s.dtype.c_str(), report.pictures, s.width);
  out += format("load       %8.3f s\n", report.load);
  out += format("warm-up    %8.3f s\n", report.warm_up);
  for (const auto& [stage, cost] : report.stages) {
    out += format("%-10s %8.3f s  %4d steps of %.1f ms, %.3f TFLOP/s, %.0f %% of peak\n",
                  std::string(to_string(stage)).c_str(), cost.seconds, cost.steps,
                  1e3 * cost.seconds / cost.steps, cost.operations / cost.seconds / 1e12,
                  100.0 * share_of_peak(cost, report.matmul_peak));
  }
  out += format("all        %8.3f s  %.2f pictures a second\n", report.seconds,
                report.pictures / report.seconds);
  out += format("peak       %8.3f TFLOP/s in matrix products\n", report.matmul_peak / 1e12);
  return out;
}

}  // namespace dalle2::cli
