#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dalle2/error.h"
#include "image/composite.h"
#include "picture_files.h"

namespace dalle2::image {
namespace {

std::vector<float> as_floats(const std::vector<std::uint8_t>& bytes) {
  std::vector<float> floats;
  for (const std::uint8_t byte : bytes) floats.push_back(byte / 255.0F);
  return floats;
}

TEST(Resize, AgreesWithPillowWithinOneStep) {
  for (const auto& row : expected_pictures()["resized"]) {
    const Premultiplied source{row["from"][0], row["from"][1], as_floats(from_hex(row["source"]))};
    const Premultiplied result =
        resize(source, row["to"][0], row["to"][1], filter_named(row["filter"].get<std::string>()));
    const std::vector<float> expected = as_floats(from_hex(row["target"]));
    ASSERT_EQ(result.rgba.size(), expected.size());
    double worst = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      // In whole steps, as Pillow's are: it also rounds between the axes.
      const double step = std::round(255.0 * result.rgba[i]) - std::round(255.0 * expected[i]);
      worst = std::max(worst, std::abs(step));
    }
    EXPECT_LE(worst, 1.0) << row["filter"] << " " << row["from"] << " to " << row["to"];
  }
}

TEST(Resize, LeavesAFlatPictureFlat) {
  const Picture flat = filled(23, 7, {200, 100, 50, 180});
  for (const Filter& filter : filters()) {
    const Picture result = resize(flat, 11, 40, filter);
    const Picture expected = filled(11, 40, {200, 100, 50, 180});
    EXPECT_EQ(result.rgba, expected.rgba) << filter.name;
  }
}

TEST(Resize, DoesNotLetTransparentPixelsColourTheirNeighbours) {
  // Left half red, right half green but invisible.
  Picture picture = filled(8, 4, {0, 255, 0, 0});
  paste(filled(4, 4, {255, 0, 0, 255}), 0, 0, &picture);
  for (const Filter& filter : filters()) {
    const Picture result = resize(picture, 5, 3, filter);
    for (std::size_t i = 0; i < result.rgba.size(); i += 4)
      EXPECT_EQ(result.rgba[i + 1], 0) << filter.name;
  }
}

TEST(Resize, TakesTheExactMeanByArea) {
  const Picture result =
      resize(Picture{2, 2, {0, 0, 0, 255, 100, 0, 0, 255, 0, 40, 0, 255, 100, 40, 200, 255}}, 1, 1,
             filter_named("area"));
  EXPECT_EQ(result.rgba, (std::vector<std::uint8_t>{50, 20, 50, 255}));
}

RC_GTEST_PROP(Resize, ToTheSameSizeIsTheSamePicture, ()) {
  const Picture picture = *any_picture();
  for (const Filter& filter : filters()) {
    RC_ASSERT(resize(picture, picture.width, picture.height, filter).rgba == picture.rgba);
  }
}

RC_GTEST_PROP(Resize, GivesTheSizeThatWasAskedFor, ()) {
  const Picture picture = *any_picture();
  const int width = *rc::gen::inRange(1, 40);
  const int height = *rc::gen::inRange(1, 40);
  for (const Filter& filter : filters()) {
    for (const auto& result :
         {resize(picture, width, height, filter), fit_inside(picture, width, height, filter),
          fit_cover(picture, width, height, filter)}) {
      RC_ASSERT(result.width == width);
      RC_ASSERT(result.height == height);
      RC_ASSERT(result.rgba.size() == std::size_t(width * height * 4));
    }
  }
}

TEST(Resize, FitsInsideWithTransparentMargins) {
  const Picture result = fit_inside(filled(20, 10, kWhite), 8, 8, filter_named("area"));
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      EXPECT_EQ(result.rgba[std::size_t(y * 8 + x) * 4 + 3], y >= 2 && y < 6 ? 255 : 0);
    }
  }
}

TEST(Resize, CoversByCuttingBothSidesEvenly) {
  // Three squares side by side; the middle one is what remains.
  Picture picture = filled(30, 10, kWhite);
  paste(filled(10, 10, {255, 0, 0, 255}), 10, 0, &picture);
  EXPECT_EQ(fit_cover(picture, 5, 5, filter_named("bicubic")).rgba,
            filled(5, 5, {255, 0, 0, 255}).rgba);
}

TEST(Resize, CropsTheNamedPart) {
  const Picture part = crop(gradient(6, 5), 2, 1, 3, 2);
  const Picture whole = gradient(6, 5);
  EXPECT_EQ(part.rgba.size(), 24U);
  EXPECT_TRUE(
      std::equal(part.rgba.begin(), part.rgba.begin() + 12, whole.rgba.begin() + (1 * 6 + 2) * 4));
  EXPECT_TRUE(
      std::equal(part.rgba.begin() + 12, part.rgba.end(), whole.rgba.begin() + (2 * 6 + 2) * 4));
}

TEST(Resize, RefusesSizesOutOfRange) {
  const Filter& filter = filter_named("area");
  EXPECT_THROW(resize(gradient(3, 3), 0, 3, filter), Error);
  EXPECT_THROW(resize(gradient(3, 3), 3, 32769, filter), Error);
  EXPECT_THROW(crop(gradient(3, 3), 1, 1, 3, 1), Error);
  EXPECT_THROW(crop(gradient(3, 3), -1, 0, 1, 1), Error);
}

TEST(Resize, NamesItsFiltersWhenAskedForAnother) {
  try {
    filter_named("nearest");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("area, bilinear, bicubic, lanczos"));
  }
  std::set<std::string_view> names;
  for (const Filter& filter : filters()) EXPECT_TRUE(names.insert(filter.name).second);
}

}  // namespace
}  // namespace dalle2::image
