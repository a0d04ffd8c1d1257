#include "text/unicode.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace dalle2::text {
namespace {

TEST(Unicode, ClassifiesByCategory) {
  for (const char32_t c : std::u32string_view(U"aZßǅʰאあ狐한")) {
    EXPECT_EQ(classify(c), CharacterClass::kLetter) << std::uint32_t(c);
  }
  for (const char32_t c : {U'0', U'9', U'٣', U'½', U'²', U'Ⅷ'}) {
    EXPECT_EQ(classify(c), CharacterClass::kNumber) << std::uint32_t(c);
  }
  for (const char32_t c :
       {U'!', U'_', U'🦊', U'\u0301', U'\u200D', U'\uFEFF', U'\u200B', U'\0', U'\u001C'}) {
    EXPECT_EQ(classify(c), CharacterClass::kOther) << std::uint32_t(c);
  }
}

TEST(Unicode, KnowsEveryWhiteSpaceCharacter) {
  std::u32string spaces;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (classify(c) == CharacterClass::kSpace) spaces += c;
  }
  // PropList.txt of Unicode 15, White_Space.
  EXPECT_EQ(spaces,
            std::u32string(U"\u0009\u000A\u000B\u000C\u000D\u0020") + char32_t{0x85} +
                U"\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A"
                U"\u2028\u2029\u202F\u205F\u3000");
}

TEST(Unicode, ComposesAndOrdersMarks) {
  EXPECT_EQ(compose_and_lower("e\u0301"), U"\u00E9");
  EXPECT_EQ(compose_and_lower("\u1112\u1161\u11ab"), U"\uD55C");
  EXPECT_EQ(compose_and_lower("q\u0307\u0323"), U"q\u0323\u0307");
  EXPECT_EQ(compose_and_lower("\u0958"), U"\u0915\u093C");  // excluded from composition
}

TEST(Unicode, LowersEachCharacterByItself) {
  EXPECT_EQ(compose_and_lower("FOX ЛИСА Ǆ"), U"fox лиса ǆ");
  EXPECT_EQ(compose_and_lower("ΟΔΟΣ"), U"οδοσ");  // no final sigma
  EXPECT_EQ(compose_and_lower("İ"), U"i\u0307");
  EXPECT_EQ(compose_and_lower("ẞ"), U"ß");
}

TEST(Unicode, LeavesTheEmptyTextEmpty) { EXPECT_EQ(compose_and_lower(""), U""); }

}  // namespace
}  // namespace dalle2::text
