#include "base/log.h"

#include <gtest/gtest.h>

namespace dalle2 {
namespace {

std::string logged(LogLevel threshold) {
  set_log_level(threshold);
  ::testing::internal::CaptureStderr();
  log(LogLevel::kError, "no model");
  log(LogLevel::kWarning, "prompt cut short");
  log(LogLevel::kInfo, "done");
  log(LogLevel::kDebug, "took 3 ms");
  set_log_level(LogLevel::kInfo);
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, WritesWholeLinesAtOrBelowItsLevel) {
  EXPECT_EQ(logged(LogLevel::kInfo), "dalle2: no model\ndalle2: warning: prompt cut short\ndone\n");
  EXPECT_EQ(logged(LogLevel::kError), "dalle2: no model\n");
}

TEST(Log, MarksDebuggingMessages) {
  EXPECT_TRUE(logged(LogLevel::kDebug).ends_with("done\ndalle2: debug: took 3 ms\n"));
}

}  // namespace
}  // namespace dalle2
