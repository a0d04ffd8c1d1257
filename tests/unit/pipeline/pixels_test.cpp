#include "pipeline/pixels.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace dalle2::pipeline {
namespace {

using Pixel = std::vector<std::uint8_t>;

/// The first pixel of a picture whose pixels all have these channels.
Pixel pixel_of(const std::vector<float>& channels) {
  const auto count = static_cast<std::int64_t>(channels.size());
  const at::Tensor x = at::tensor(channels).view({1, count, 1, 1}).expand({1, count, 2, 3});
  const std::vector<Picture> pictures = to_pictures(x);
  EXPECT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].width, 3);
  EXPECT_EQ(pictures[0].height, 2);
  return {pictures[0].rgba.begin(), pictures[0].rgba.begin() + 4};
}

TEST(Pixels, OfThreeChannelsAreOpaque) {
  EXPECT_EQ(pixel_of({-1, 0, 1}), (Pixel{0, 128, 255, 255}));
}

TEST(Pixels, OfFourChannelsAreDividedByAlpha) {
  // Half-transparent pure red: premultiplied red equals alpha.
  EXPECT_EQ(pixel_of({0, -1, -1, 0}), (Pixel{255, 0, 0, 128}));
}

TEST(Pixels, BrighterThanTheirAlphaAreCutToIt) {
  EXPECT_EQ(pixel_of({1, -1, -1, 0}), (Pixel{255, 0, 0, 128}));
}

TEST(Pixels, NearlyClearBecomeClearAndNearlyOpaqueOpaque) {
  EXPECT_EQ(pixel_of({-1, -1, -1, -0.98F}), (Pixel{0, 0, 0, 0}));
  EXPECT_EQ(pixel_of({1, 1, 1, 0.98F})[3], 255);
}

TEST(Pixels, OutOfRangeAreClamped) {
  EXPECT_EQ(pixel_of({-3, 0, 7, 2}), (Pixel{0, 128, 255, 255}));
}

}  // namespace
}  // namespace dalle2::pipeline
