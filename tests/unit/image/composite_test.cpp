#include "image/composite.h"

#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dalle2/error.h"
#include "picture_files.h"

namespace dalle2::image {
namespace {

RC_GTEST_PROP(Composite, OverAnOpaqueBackgroundIsAWeightedMean, ()) {
  const Picture picture = *any_picture();
  const Color background{10, 200, 77, 255};
  const Picture result = with_background(picture, background);
  RC_ASSERT(result.is_opaque());
  const std::uint8_t under[] = {background.red, background.green, background.blue};
  for (std::size_t i = 0; i < picture.rgba.size(); ++i) {
    if (i % 4 == 3) continue;
    const double alpha = picture.rgba[i / 4 * 4 + 3] / 255.0;
    const double mean = alpha * picture.rgba[i] + (1 - alpha) * under[i % 4];
    RC_ASSERT(std::abs(result.rgba[i] - mean) <= 0.501);
  }
}

RC_GTEST_PROP(Composite, OverTransparentChangesNothingVisible, ()) {
  const Picture picture = *any_picture();
  Picture result = filled(picture.width, picture.height, kTransparent);
  paste(picture, 0, 0, &result);
  for (std::size_t i = 0; i < picture.rgba.size(); ++i) {
    const bool invisible = picture.rgba[i / 4 * 4 + 3] == 0;
    RC_ASSERT(result.rgba[i] == (invisible ? 0 : picture.rgba[i]));
  }
}

TEST(Composite, HalfOverHalfIsThreeQuarters) {
  Picture bottom = filled(1, 1, {0, 0, 255, 128});
  paste(filled(1, 1, {255, 0, 0, 128}), 0, 0, &bottom);
  // Porter and Duff: alpha 0.502 + 0.502·0.498 = 0.752; red 0.502 / 0.752 of it.
  EXPECT_EQ(bottom.rgba, (std::vector<std::uint8_t>{170, 0, 85, 192}));
}

TEST(Composite, LeavesThePictureAloneUnderATransparentBackground) {
  EXPECT_EQ(with_background(gradient(4, 4), kTransparent).rgba, gradient(4, 4).rgba);
}

TEST(Composite, CutsWhatIsPastedOutside) {
  const Picture dot = filled(2, 2, kWhite);
  for (const auto& [x, y, visible] :
       {std::tuple{-1, -1, 1}, {2, 2, 1}, {0, 1, 4}, {-2, 0, 0}, {3, 0, 0}, {0, 99, 0}}) {
    Picture bottom = filled(3, 3, kTransparent);
    paste(dot, x, y, &bottom);
    int white = 0;
    for (std::size_t i = 3; i < bottom.rgba.size(); i += 4) white += bottom.rgba[i] == 255;
    EXPECT_EQ(white, visible) << x << ", " << y;
  }
}

TEST(Composite, RefusesSidesOutOfRange) {
  EXPECT_THROW(filled(0, 5, kWhite), Error);
  EXPECT_THROW(filled(5, 40000, kWhite), Error);
}

}  // namespace
}  // namespace dalle2::image
