#include "base/utf8.h"

#include "unit/expect_error.h"

namespace dalle2 {
namespace {

TEST(Utf8, IsValidInEveryLength) {
  EXPECT_EQ(find_invalid_utf8("aé€😀\xF4\x8F\xBF\xBF"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8(""), std::nullopt);
}

struct BadText {
  std::string name;
  std::string text;
  std::size_t at;
};

class InvalidUtf8 : public ::testing::TestWithParam<BadText> {};

TEST_P(InvalidUtf8, IsFoundAtItsFirstByte) {
  EXPECT_EQ(find_invalid_utf8(GetParam().text), GetParam().at);
}

INSTANTIATE_TEST_SUITE_P(Rfc3629, InvalidUtf8,
                         ::testing::Values(BadText{"Latin1", "caf\xE9", 3},
                                           BadText{"LoneContinuation", "ab\x80", 2},
                                           BadText{"OverlongInTwoBytes", "a\xC0\xAF", 1},
                                           BadText{"OverlongInThreeBytes", "\xE0\x9F\xBF", 0},
                                           BadText{"OverlongInFourBytes", "\xF0\x8F\xBF\xBF", 0},
                                           BadText{"Surrogate", "\xED\xA0\x80", 0},
                                           BadText{"PastTheLastCharacter", "\xF4\x90\x80\x80", 0},
                                           BadText{"CutShort", "a\xE2\x82\xAC\xE2\x82", 4},
                                           BadText{"NoLeadByte", "\xFF", 0}),
                         [](const auto& test) { return test.param.name; });

TEST(Utf8, EveryCharacterIsReadAsItWasWritten) {
  for (char32_t c = 0; c <= 0x10FFFF; c = c == 0xD7FF ? 0xE000 : c + 1) {
    std::string text;
    append_utf8(c, &text);
    const Utf8Character read = first_character(text);
    ASSERT_EQ(read.code_point, c);
    ASSERT_EQ(read.bytes, text.size());
  }
}

TEST(Utf8, SurrogatesCannotBeWritten) {
  std::string text;
  expect_error(ErrorKind::kRuntime, ::testing::HasSubstr("55296 is no Unicode character"),
               [&] { append_utf8(0xD800, &text); });
}

TEST(DisplayWidth, CountsTerminalColumns) {
  EXPECT_EQ(display_width("fox"), 3u);
  EXPECT_EQ(display_width("été"), 3u);
  EXPECT_EQ(display_width("e\xCC\x81"), 1u);  // e and a combining acute accent
  EXPECT_EQ(display_width("狐"), 2u);
  EXPECT_EQ(display_width("여우"), 4u);
  EXPECT_EQ(display_width("🦊"), 2u);
  EXPECT_EQ(display_width("a\tb"), 2u);
}

TEST(TruncateToWidth, LeavesShortTextAlone) {
  EXPECT_EQ(truncate_to_width("a fox", 5), "a fox");
  EXPECT_EQ(truncate_to_width("", 1), "");
}

TEST(TruncateToWidth, CutsWithAnEllipsisInsideTheColumns) {
  EXPECT_EQ(truncate_to_width("a red fox", 6), "a red…");
  EXPECT_EQ(truncate_to_width("红狐狸", 5), "红狐…");
  EXPECT_EQ(truncate_to_width("红狐狸", 4), "红…");
  EXPECT_EQ(truncate_to_width("红狐狸", 1), "…");
}

TEST(TruncateToWidth, KeepsMarksWithTheirLetters) {
  EXPECT_EQ(truncate_to_width("e\xCC\x81te\xCC\x81s", 2), "e\xCC\x81…");
}

}  // namespace
}  // namespace dalle2
