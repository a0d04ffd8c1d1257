#include "cli/slug.h"

#include <string>

#include <gtest/gtest.h>

namespace dalle2::cli {
namespace {

TEST(Slug, KeepsLettersAndDigitsAndJoinsTheRestWithSingleDashes) {
  EXPECT_EQ(slug("A red fox, 3 years old!"), "a-red-fox-3-years-old");
  EXPECT_EQ(slug("  --fox--  "), "fox");
}

TEST(Slug, IsNeverAPathNorHidden) {
  EXPECT_EQ(slug("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(slug(".bashrc\n"), "bashrc");
}

TEST(Slug, OfAPromptWithoutLatinLettersIsPicture) {
  EXPECT_EQ(slug("一只红狐狸"), "picture");
  EXPECT_EQ(slug(""), "picture");
}

TEST(Slug, IsShortAndEndsInNoDash) {
  const std::string long_slug = slug(std::string(47, 'a') + " " + std::string(1000, 'b'));
  EXPECT_EQ(long_slug, std::string(47, 'a'));
  EXPECT_LE(slug(std::string(100'000, 'x')).size(), 48U);
}

}  // namespace
}  // namespace dalle2::cli
