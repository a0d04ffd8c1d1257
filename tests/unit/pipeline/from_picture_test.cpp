#include "pipeline/from_picture.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "image/composite.h"
#include "pipeline/pixels.h"

namespace dalle2::pipeline {
namespace {

Picture checkered(int width, int height) {
  Picture picture = image::filled(width, height, image::kTransparent);
  for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
    picture.rgba[i] = static_cast<std::uint8_t>(i * 7 % 256);
    picture.rgba[i + 1] = static_cast<std::uint8_t>(i * 13 % 256);
    picture.rgba[i + 2] = 90;
    picture.rgba[i + 3] = i % 8 == 0 ? 255 : 0;
    if (picture.rgba[i + 3] == 0) std::fill_n(&picture.rgba[i], 3, std::uint8_t{0});
  }
  return picture;
}

TEST(FromPicture, IsTheInverseOfToPictures) {
  const Picture picture = checkered(16, 16);
  EXPECT_EQ(to_pictures(from_picture(picture, 4, 16)).front().rgba, picture.rgba);
}

TEST(FromPicture, PutsWhiteUnderAPictureForANetworkWithoutAlpha) {
  const at::Tensor tensor = from_picture(image::filled(8, 8, image::kTransparent), 3, 4);
  EXPECT_EQ(tensor.sizes(), at::IntArrayRef({1, 3, 4, 4}));
  EXPECT_TRUE(at::allclose(tensor, at::ones_like(tensor)));
}

TEST(Squared, PutsThePictureInTheMiddleAndUnsquaredTakesItOut) {
  for (const auto& [width, height] : {std::pair{9, 4}, std::pair{4, 9}, std::pair{5, 5}}) {
    const Picture picture = checkered(width, height);
    const Picture square = squared(picture);
    EXPECT_EQ(square.width, square.height);
    EXPECT_EQ(unsquared(square, width, height).rgba, picture.rgba);
  }
}

TEST(MaskCoverage, MeansWhiteOrTransparentParts) {
  Picture opaque = image::filled(2, 1, {0, 0, 0, 255});
  std::fill_n(opaque.rgba.begin(), 3, std::uint8_t{255});
  EXPECT_EQ(mask_coverage(opaque).rgba[3], 255);
  EXPECT_EQ(mask_coverage(opaque).rgba[7], 0);
  Picture clear = image::filled(2, 1, image::kWhite);
  clear.rgba[7] = 0;
  EXPECT_EQ(mask_coverage(clear).rgba[3], 0);
  EXPECT_EQ(mask_coverage(clear).rgba[7], 255);
}

TEST(Blend, KeepsTheVeryPixelsOutsideAndTakesTheDrawnOnesInside) {
  Picture kept = checkered(4, 4);
  kept.rgba[0] = 3;
  kept.rgba[3] = 1;  // nearly clear: arithmetic on premultiplied values would lose its colour
  const Picture drawn = image::filled(4, 4, {10, 20, 30, 255});
  Picture coverage = image::filled(4, 4, image::kTransparent);
  coverage.rgba[4 * 5 + 3] = 255;
  const Picture result = blend(drawn, kept, coverage);
  for (std::size_t i = 0; i < result.rgba.size(); ++i) {
    EXPECT_EQ(result.rgba[i], i / 4 == 5 ? drawn.rgba[i] : kept.rgba[i]) << i;
  }
}

}  // namespace
}  // namespace dalle2::pipeline
