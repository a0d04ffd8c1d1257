#include "cli/progress_bar.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>

#include "base/utf8.h"

namespace dalle2::cli {
namespace {

constexpr int kBarWidth = 20;
constexpr auto kRedrawEvery = std::chrono::milliseconds(100);

std::string bar(int step, int steps) {
  const int filled = steps > 0 ? kBarWidth * step / steps : 0;
  return "[" + std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(kBarWidth - filled), '-') + "]";
}

std::string time_left(double seconds) {
  const auto whole = static_cast<long>(std::ceil(seconds));
  if (whole < 120) return std::to_string(whole) + " s left";
  return std::to_string((whole + 59) / 60) + " min left";
}

std::string rate(double seconds_per_step) {
  char text[32];
  const bool fast = seconds_per_step < 1.0;
  std::snprintf(text, sizeof text, fast ? "%.1f steps/s" : "%.1f s/step",
                fast ? 1.0 / seconds_per_step : seconds_per_step);
  return text;
}

}  // namespace

std::string progress_line(const Progress& progress, double seconds_per_step, int total_pictures,
                          int columns) {
  std::string line(to_string(progress.stage));
  line.resize(std::max<std::size_t>(line.size(), 9), ' ');
  line += " " + bar(progress.step, progress.steps) + " " + std::to_string(progress.step) + "/" +
          std::to_string(progress.steps);
  if (seconds_per_step > 0.0) {
    line += "  " + rate(seconds_per_step) + ", " +
            time_left(seconds_per_step * (progress.steps - progress.step));
  }
  if (total_pictures > 1 && progress.pictures > 0) {
    const int first = progress.first_picture + 1;
    const int last = progress.first_picture + progress.pictures;
    line += ", picture" +
            (first == last ? " " + std::to_string(first)
                           : "s " + std::to_string(first) + "-" + std::to_string(last)) +
            " of " + std::to_string(total_pictures);
  }
  // The last column is left free: some terminals wrap when it is written to.
  return truncate_to_width(line, static_cast<std::size_t>(std::max(columns - 1, 1)));
}

ProgressBar::ProgressBar(std::ostream& out, const Terminal& terminal, int total_pictures)
    : out_(out), terminal_(terminal), total_pictures_(total_pictures) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::show(const Progress& progress) {
  if (!terminal_.progress) return;
  if (progress.step <= 1) stage_seconds_ = 0.0;
  stage_seconds_ += progress.seconds;
  const auto now = Clock::now();
  if (drawn_ && progress.step < progress.steps && now - last_draw_ < kRedrawEvery) return;
  last_draw_ = now;
  const std::string line = progress_line(progress, stage_seconds_ / std::max(progress.step, 1),
                                         total_pictures_, terminal_.columns);
  out_ << "\r\x1b[K" << (terminal_.color ? "\x1b[32m" : "") << line
       << (terminal_.color ? "\x1b[0m" : "") << std::flush;
  drawn_ = true;
}

void ProgressBar::clear() {
  if (drawn_) out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace dalle2::cli
