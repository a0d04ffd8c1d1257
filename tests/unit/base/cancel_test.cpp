#include "base/cancel.h"

#include <csignal>

#include <gtest/gtest.h>

namespace dalle2 {
namespace {

TEST(Cancel, IsAskedForFromASignalHandler) {
  clear_cancel();
  EXPECT_FALSE(is_cancelled());
  const auto before = std::signal(SIGUSR1, [](int signal) { request_cancel(signal); });
  std::raise(SIGUSR1);
  std::signal(SIGUSR1, before);
  EXPECT_TRUE(is_cancelled());
  EXPECT_EQ(cancel_signal(), SIGUSR1);
  clear_cancel();
  EXPECT_FALSE(is_cancelled());
}

}  // namespace
}  // namespace dalle2
