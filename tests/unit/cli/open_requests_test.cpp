#include "cli/open_requests.h"

#include <gtest/gtest.h>

namespace dalle2::cli {
namespace {

GenerateRequest request_of(int count) {
  GenerateRequest request;
  request.prompt = "x";
  request.count = count;
  request.seed = 100;
  request.decoder_seed = 200;
  return request;
}

TEST(OpenRequests, WithNothingSkippedIsTheRequest) {
  const auto parts = open_requests(request_of(3), {false, false, false});
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].first, 0);
  EXPECT_EQ(parts[0].request.count, 3);
  EXPECT_EQ(parts[0].request.seed, 100U);
}

TEST(OpenRequests, KeepsTheSeedsOfTheOthersAroundWhatIsSkipped) {
  const auto parts = open_requests(request_of(5), {true, false, true, false, false});
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].first, 1);
  EXPECT_EQ(parts[0].request.count, 1);
  EXPECT_EQ(parts[0].request.seed, 101U);
  EXPECT_EQ(parts[1].first, 3);
  EXPECT_EQ(parts[1].request.count, 2);
  EXPECT_EQ(parts[1].request.seed, 103U);
  EXPECT_EQ(parts[1].request.decoder_seed, 203U);
}

TEST(OpenRequests, WithEverythingSkippedIsNothing) {
  EXPECT_TRUE(open_requests(request_of(2), {true, true}).empty());
}

}  // namespace
}  // namespace dalle2::cli
