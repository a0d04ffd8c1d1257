#pragma once

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dalle2/error.h"

namespace dalle2 {

/// Expects `act` to throw an Error of `kind` whose message matches, such as HasSubstr("--seed").
template <typename Act>
void expect_error(ErrorKind kind, const ::testing::Matcher<std::string>& message, Act act) {
  try {
    act();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_THAT(std::string(error.what()), message);
  }
}

}  // namespace dalle2
