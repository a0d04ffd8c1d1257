#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "dalle2/generator.h"

namespace dalle2::cli {

/// Sums over the steps of one stage in one timed run.
struct StageCost {
  int steps = 0;
  double seconds = 0.0;
  double operations = 0.0;  // see FlopCounter
};

/// What `dalle2 bench` found; seconds unless said otherwise.
struct BenchReport {
  PictureSettings settings;
  int pictures = 1;
  double load = 0.0;                  // networks from disk
  double warm_up = 0.0;               // first call of each, without load
  double seconds = 0.0;               // fastest timed run
  double matmul_peak = 0.0;           // operations per second
  std::map<Stage, StageCost> stages;  // of that run
};

Json to_json(const BenchReport& report);

/// A table for people.
std::string to_text(const BenchReport& report);

}  // namespace dalle2::cli
