#include "image/palette.h"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "image/composite.h"
#include "picture_files.h"

namespace dalle2::image {
namespace {

RC_GTEST_PROP(Palette, IsExactForAPictureOfAsManyColours, ()) {
  const Picture picture = with_background(*any_picture(), kWhite);
  RC_PRE(picture.rgba.size() <= 4 * 256);
  const Indexed reduced = reduce_colors(picture, 256);
  for (std::size_t i = 0; i < reduced.indices.size(); ++i) {
    const Color color = reduced.palette.at(reduced.indices[i]);
    RC_ASSERT(color.red == picture.rgba[4 * i] && color.green == picture.rgba[4 * i + 1] &&
              color.blue == picture.rgba[4 * i + 2]);
  }
}

TEST(Palette, HasNoMoreColoursThanAskedFor) {
  Picture picture = filled(100, 100, kWhite);
  for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
    picture.rgba[i] = static_cast<std::uint8_t>(i / 4 % 100);
    picture.rgba[i + 1] = static_cast<std::uint8_t>(i / 400);
  }
  const Indexed reduced = reduce_colors(picture, 16);
  EXPECT_EQ(reduced.palette.size(), 16U);
  EXPECT_EQ(std::set(reduced.indices.begin(), reduced.indices.end()).size(), 16U);
}

TEST(Palette, SpendsItsColoursWhereThePixelsAre) {
  Picture picture = filled(10, 10, {0, 0, 0});
  picture.rgba[0] = 9;  // one pixel that is nearly black
  for (std::size_t i = 200; i < 400; i += 4) std::fill_n(&picture.rgba[i], 3, std::uint8_t{255});
  const Indexed reduced = reduce_colors(picture, 2);
  EXPECT_EQ(reduced.palette[reduced.indices[0]].red, 0);
  EXPECT_EQ(reduced.palette[reduced.indices[99]], kWhite);
}

}  // namespace
}  // namespace dalle2::image
