#include "image/color.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dalle2/error.h"

namespace dalle2::image {
namespace {

TEST(Color, ReadsLongAndShortHexInEitherCase) {
  EXPECT_EQ(parse_color("#12aBfF"), (Color{0x12, 0xAB, 0xFF, 255}));
  EXPECT_EQ(parse_color("#1aF"), (Color{0x11, 0xAA, 0xFF, 255}));
}

TEST(Color, ReadsNamesInEitherCase) {
  EXPECT_EQ(parse_color("White"), kWhite);
  EXPECT_EQ(parse_color("transparent"), kTransparent);
  EXPECT_EQ(parse_color("teal"), (Color{0, 128, 128, 255}));
}

TEST(Color, WritesWhatItReads) {
  for (const char* text : {"#000000", "#09afc3", "#ffffff", "transparent"}) {
    EXPECT_EQ(to_string(parse_color(text)), text);
  }
}

TEST(Color, RefusesAnythingElseNamingIt) {
  for (const char* text :
       {"", "#", "#12", "#1234", "#12345g", "#-12345", "#+1f", "# 12345", "123456", "blurple"}) {
    try {
      parse_color(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_THAT(error.what(), testing::HasSubstr("'" + std::string(text) + "'"));
    }
  }
}

}  // namespace
}  // namespace dalle2::image
