#include "image/animation.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/composite.h"
#include "unit/expect_error.h"

namespace dalle2::image {
namespace {

TEST(Animation, StartsWithTheFirstFrameAndKeepsTheMetadata) {
  const std::vector<Picture> frames = {filled(8, 6, {255, 0, 0, 255}), filled(8, 6, kTransparent),
                                       filled(8, 6, {0, 0, 255, 255})};
  const std::string bytes =
      encode_animation(frames, {}, {.quality = 100, .metadata = {{"dalle2", "{}"}}});
  EXPECT_EQ(format_of_bytes(bytes).name, "webp");
  EXPECT_NE(bytes.find("ANIM"), std::string::npos);
  EXPECT_EQ(decode(bytes).rgba, frames.front().rgba);
  EXPECT_EQ(read_metadata(bytes), (Metadata{{"dalle2", "{}"}}));
}

TEST(Animation, RefusesNoFramesAndFramesOfDifferentSizes) {
  expect_error(ErrorKind::kUsage, testing::HasSubstr("at least one"),
               [] { encode_animation({}, {}, {}); });
  const std::vector<Picture> frames = {filled(8, 6, kWhite), filled(6, 8, kWhite)};
  expect_error(ErrorKind::kUsage, testing::HasSubstr("one size"),
               [&] { encode_animation(frames, {}, {}); });
  const std::vector<Picture> one = {filled(8, 6, kWhite)};
  expect_error(ErrorKind::kUsage, testing::HasSubstr("10 to 60000"),
               [&] { encode_animation(one, {.frame_ms = 1}, {}); });
}

}  // namespace
}  // namespace dalle2::image
