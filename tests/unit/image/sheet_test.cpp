#include "image/sheet.h"

#include <vector>

#include <gtest/gtest.h>

#include "dalle2/error.h"
#include "image/composite.h"

namespace dalle2::image {
namespace {

const Color kRed{255, 0, 0, 255};

std::vector<Picture> squares(std::size_t count, int side) {
  return std::vector<Picture>(count, filled(side, side, kRed));
}

TEST(Sheet, IsAsSquareAsPossible) {
  struct Case {
    std::size_t pictures;
    int columns, rows;
  };
  for (const auto& [pictures, columns, rows] :
       {Case{1, 1, 1}, {2, 2, 1}, {3, 2, 2}, {5, 3, 2}, {9, 3, 3}, {10, 4, 3}}) {
    const Picture sheet = contact_sheet(squares(pictures, 4), {.gap = 1});
    EXPECT_EQ(sheet.width, columns * 5 + 1) << pictures;
    EXPECT_EQ(sheet.height, rows * 5 + 1) << pictures;
  }
}

TEST(Sheet, HasGapsOfTheBackgroundBetweenAndAround) {
  const Picture sheet =
      contact_sheet(squares(2, 2), {.columns = 1, .gap = 1, .background = kWhite});
  ASSERT_EQ(sheet.width, 4);
  ASSERT_EQ(sheet.height, 7);
  for (int y = 0; y < 7; ++y) {
    for (int x = 0; x < 4; ++x) {
      const bool inside = (x == 1 || x == 2) && y != 0 && y != 3 && y != 6;
      EXPECT_EQ(sheet.rgba[std::size_t(y * 4 + x) * 4 + 1], inside ? 0 : 255) << x << ", " << y;
    }
  }
}

TEST(Sheet, CentresSmallerPicturesInTheirCells) {
  const std::vector<Picture> pictures = {filled(6, 6, kWhite), filled(2, 4, kRed)};
  const Picture sheet = contact_sheet(pictures, {.columns = 2, .gap = 0});
  ASSERT_EQ(sheet.width, 12);
  for (int y = 0; y < 6; ++y) {
    for (int x = 6; x < 12; ++x) {
      const bool inside = x >= 8 && x < 10 && y >= 1 && y < 5;
      EXPECT_EQ(sheet.rgba[std::size_t(y * 12 + x) * 4 + 3], inside ? 255 : 0) << x << ", " << y;
    }
  }
}

TEST(Sheet, NeedsNoMoreColumnsThanPictures) {
  EXPECT_EQ(contact_sheet(squares(2, 4), {.columns = 10, .gap = 0}).width, 8);
}

TEST(Sheet, RefusesWhatCannotBeLaidOut) {
  EXPECT_THROW(contact_sheet({}), Error);
  EXPECT_THROW(contact_sheet(squares(1, 1), {.gap = -1}), Error);
  EXPECT_THROW(contact_sheet(squares(40, 1000), {.columns = 40}), Error);
}

}  // namespace
}  // namespace dalle2::image
