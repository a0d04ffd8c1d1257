#include "cli/progress_bar.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace dalle2::cli {
namespace {

Progress halfway() {
  Progress progress{};
  progress.stage = Stage::kDecoder;
  progress.step = 10;
  progress.steps = 20;
  progress.first_picture = 4;
  progress.pictures = 4;
  progress.seconds = 0.5;
  return progress;
}

TEST(ProgressLine, SaysStageRateTimeLeftAndPictures) {
  EXPECT_EQ(progress_line(halfway(), 0.5, 16, 120),
            "decoder   [##########----------] 10/20  2.0 steps/s, 5 s left, pictures 5-8 of 16");
  EXPECT_EQ(progress_line(halfway(), 4.0, 1, 120),
            "decoder   [##########----------] 10/20  4.0 s/step, 40 s left");
  EXPECT_NE(progress_line(halfway(), 60.0, 1, 120).find("10 min left"), std::string::npos);
}

TEST(ProgressLine, IsCutToTheTerminal) {
  EXPECT_EQ(progress_line(halfway(), 0.5, 16, 40), "decoder   [##########----------] 10/20…");
}

TEST(ProgressBar, DrawsNothingWhereTheTerminalCannot) {
  std::ostringstream out;
  {
    ProgressBar bar(out, Terminal{}, 1);
    bar.show(halfway());
  }
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressBar, EmptiesItsLineAtTheEnd) {
  std::ostringstream out;
  Terminal terminal;
  terminal.progress = true;
  {
    ProgressBar bar(out, terminal, 1);
    bar.show(halfway());
  }
  EXPECT_TRUE(out.str().ends_with("\r\x1b[K")) << out.str();
  EXPECT_EQ(out.str().find('\n'), std::string::npos);
}

TEST(ProgressBar, RedrawsSeldomButAlwaysTheLastStep) {
  std::ostringstream out;
  Terminal terminal;
  terminal.progress = true;
  ProgressBar bar(out, terminal, 1);
  Progress progress = halfway();
  progress.steps = 1000;
  for (progress.step = 1; progress.step <= 1000; ++progress.step) bar.show(progress);
  EXPECT_NE(out.str().find("1000/1000"), std::string::npos);
  EXPECT_LT(out.str().size(), 100U * 50U);
}

}  // namespace
}  // namespace dalle2::cli
