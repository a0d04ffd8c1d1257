#include "image/half_blocks.h"

#include <algorithm>
#include <array>
#include <string>

#include <gtest/gtest.h>

#include "image/composite.h"

namespace dalle2::image {
namespace {

TEST(HalfBlocks, ShowTwoPixelsACharacterInTheirVeryColours) {
  Picture picture = filled(2, 2, {1, 2, 3});
  const std::uint8_t red[] = {200, 10, 20};
  std::copy_n(red, 3, &picture.rgba[12]);  // lower right
  EXPECT_EQ(half_blocks(picture, true),
            "\x1b[38;2;1;2;3;48;2;1;2;3m▀\x1b[38;2;1;2;3;48;2;200;10;20m▀\x1b[0m\n");
}

TEST(HalfBlocks, SayAColourOnceForARunOfIt) {
  EXPECT_EQ(half_blocks(filled(3, 2, {0, 0, 0}), true), "\x1b[38;2;0;0;0;48;2;0;0;0m▀▀▀\x1b[0m\n");
}

TEST(HalfBlocks, LeaveTheGroundBelowAnOddLastRow) {
  const std::string text = half_blocks(filled(1, 3, {255, 255, 255}), false);
  EXPECT_EQ(text, "\x1b[38;5;231;48;5;231m▀\x1b[0m\n\x1b[38;5;231;49m▀\x1b[0m\n");
}

TEST(XtermColor, IsTheNearestOfAll) {
  const auto rgb = [](int index) {
    constexpr int kLevels[] = {0, 95, 135, 175, 215, 255};
    if (index >= 232)
      return std::array{8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232)};
    const int cube = index - 16;
    return std::array{kLevels[cube / 36], kLevels[cube / 6 % 6], kLevels[cube % 6]};
  };
  const auto distance = [&](int index, int r, int g, int b) {
    const auto [x, y, z] = rgb(index);
    return (x - r) * (x - r) + (y - g) * (y - g) + (z - b) * (z - b);
  };
  for (int r = 0; r < 256; r += 15) {
    for (int g = 0; g < 256; g += 17) {
      for (int b = 0; b < 256; b += 15) {
        int nearest = 1 << 30;
        for (int index = 16; index < 256; ++index)
          nearest = std::min(nearest, distance(index, r, g, b));
        EXPECT_EQ(distance(xterm_color(r, g, b), r, g, b), nearest) << r << " " << g << " " << b;
      }
    }
  }
}

}  // namespace
}  // namespace dalle2::image
