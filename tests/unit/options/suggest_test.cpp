#include "options/suggest.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace dalle2::options {
namespace {

const std::vector<std::string> kNames = {"steps", "prior-steps", "seed", "size"};

TEST(Suggestion, IsTheNearestName) {
  EXPECT_EQ(suggestion("stepz", kNames), " (did you mean 'steps'?)");
  EXPECT_EQ(suggestion("sed", kNames), " (did you mean 'seed'?)");
}

TEST(Suggestion, IsTheNameThatWasBegun) {
  EXPECT_EQ(suggestion("prior", kNames), " (did you mean 'prior-steps'?)");
}

TEST(Suggestion, IsNothingForTextsLikeNoName) {
  EXPECT_EQ(suggestion("quality", kNames), "");
  EXPECT_EQ(suggestion("", kNames), "");
  EXPECT_EQ(suggestion(std::string(100'000, 's'), kNames), "");
}

}  // namespace
}  // namespace dalle2::options
