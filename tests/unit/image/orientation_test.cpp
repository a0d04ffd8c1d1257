#include "image/orientation.h"

#include <array>

#include <gtest/gtest.h>

#include "picture_files.h"

namespace dalle2::image {
namespace {

// Pixels told apart by red:  1 2 3
//                            4 5 6
Picture numbered() {
  Picture picture{3, 2, {}};
  for (std::uint8_t i = 1; i <= 6; ++i) picture.rgba.insert(picture.rgba.end(), {i, 0, 0, 255});
  return picture;
}

struct Case {
  int orientation;
  int width;
  std::array<int, 6> red;
};

// Where each row and column of the stored picture belongs, by the table in EXIF 2.32, 4.6.4.
constexpr std::array kCases = {
    Case{1, 3, {1, 2, 3, 4, 5, 6}}, Case{2, 3, {3, 2, 1, 6, 5, 4}}, Case{3, 3, {6, 5, 4, 3, 2, 1}},
    Case{4, 3, {4, 5, 6, 1, 2, 3}}, Case{5, 2, {1, 4, 2, 5, 3, 6}}, Case{6, 2, {4, 1, 5, 2, 6, 3}},
    Case{7, 2, {6, 3, 5, 2, 4, 1}}, Case{8, 2, {3, 6, 2, 5, 1, 4}}, Case{0, 3, {1, 2, 3, 4, 5, 6}},
    Case{9, 3, {1, 2, 3, 4, 5, 6}},
};

TEST(Orientation, TurnsEveryPixelToItsPlace) {
  for (const Case& expected : kCases) {
    const Picture upright = oriented(numbered(), expected.orientation);
    EXPECT_EQ(upright.width, expected.width);
    EXPECT_EQ(upright.height, 6 / expected.width);
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(upright.rgba[i * 4], expected.red[i])
          << "orientation " << expected.orientation << ", pixel " << i;
    }
  }
}

}  // namespace
}  // namespace dalle2::image
