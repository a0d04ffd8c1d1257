#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "cli/terminal.h"
#include "dalle2/progress.h"

namespace dalle2::cli {

/// One line, such as "decoder [#########-----------]  9/20  3.4 steps/s, 3 s left, pictures 5-8 of
/// 16", cut to `columns`. `seconds_per_step` is the mean of this stage so far.
std::string progress_line(const Progress& progress, double seconds_per_step, int total_pictures,
                          int columns);

/// Redraws that line in place while sampling goes on. Draws nothing where the terminal cannot.
class ProgressBar {
 public:
  ProgressBar(std::ostream& out, const Terminal& terminal, int total_pictures);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const Progress& progress);

  /// Empties the line, so that something else can be printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  std::ostream& out_;
  Terminal terminal_;
  int total_pictures_;
  double stage_seconds_ = 0.0;
  bool drawn_ = false;
  Clock::time_point last_draw_;
};

}  // namespace dalle2::cli
