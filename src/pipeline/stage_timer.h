#pragma once

#include "pipeline/network_store.h"
#include "pipeline/stopwatch.h"

namespace dalle2::pipeline {

/// Adds the time that it lives to a stage, less what loading networks took of it.
class StageTimer {
 public:
  StageTimer(const NetworkStore& networks, double* total)
      : networks_(networks), total_(total), loading_before_(networks.load_seconds()) {}
  ~StageTimer() { *total_ += stopwatch_.seconds() - (networks_.load_seconds() - loading_before_); }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  const NetworkStore& networks_;
  double* total_;
  double loading_before_;
  Stopwatch stopwatch_;
};

}  // namespace dalle2::pipeline
