#include "image/premultiplied.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "picture_files.h"

namespace dalle2::image {
namespace {

RC_GTEST_PROP(Premultiplied, UndoesItselfExceptForColoursThatNobodySees, ()) {
  const Picture picture = *any_picture();
  const Picture back = unpremultiply(premultiply(picture));
  for (std::size_t i = 0; i < picture.rgba.size(); ++i) {
    const bool invisible = picture.rgba[i / 4 * 4 + 3] == 0;
    RC_ASSERT(back.rgba[i] == (invisible ? 0 : picture.rgba[i]));
  }
}

TEST(Premultiplied, WeighsColourByAlpha) {
  const Premultiplied pixel = premultiply({1, 1, {255, 51, 0, 51}});
  EXPECT_FLOAT_EQ(pixel.rgba[0], 0.2F);
  EXPECT_FLOAT_EQ(pixel.rgba[1], 0.04F);
  EXPECT_FLOAT_EQ(pixel.rgba[3], 0.2F);
}

TEST(Premultiplied, ClampsWhatANetworkMayMake) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const Picture picture = unpremultiply({4,
                                         1,
                                         {1.5F, -0.5F, 0.5F, 0.5F, infinity, nan, 0.0F, 1.0F, 1.0F,
                                          1.0F, 1.0F, nan, 0.3F, 0.3F, 0.3F, -2.0F}});
  const std::vector<std::uint8_t> expected = {255, 0, 255, 128, 255, 0, 0, 255,
                                              0,   0, 0,   0,   0,   0, 0, 0};
  EXPECT_EQ(picture.rgba, expected);
}

}  // namespace
}  // namespace dalle2::image
