#include "image/text_encoding.h"

#include <gtest/gtest.h>

namespace dalle2::image {
namespace {

using namespace std::string_literals;

TEST(TextEncoding, Latin1HoldsUpToFf) {
  EXPECT_EQ(utf8_to_latin1("naïve ÿ"), "na\xefve \xff");
  EXPECT_EQ(utf8_to_latin1("Ā"), std::nullopt);
  EXPECT_EQ(utf8_to_latin1("\xff"), std::nullopt);
  EXPECT_EQ(latin1_to_utf8("na\xefve \xff"), "naïve ÿ");
}

TEST(TextEncoding, Utf16HasSurrogatesInBothOrders) {
  EXPECT_EQ(utf8_to_utf16("a🦊", ByteOrder::kBig), "\0a\xd8\x3e\xdd\x8a"s);
  EXPECT_EQ(utf8_to_utf16("a🦊", ByteOrder::kLittle), "a\0\x3e\xd8\x8a\xdd"s);
  EXPECT_EQ(utf16_to_utf8("\0a\xd8\x3e\xdd\x8a"s, ByteOrder::kBig), "a🦊");
  EXPECT_EQ(utf16_to_utf8("a\0\x3e\xd8\x8a\xdd"s, ByteOrder::kLittle), "a🦊");
}

TEST(TextEncoding, Utf16LosesItsByteOrderMark) {
  EXPECT_EQ(utf16_to_utf8("\xfe\xff\0a\xfe\xff"s, ByteOrder::kBig), "a\uFEFF");
}

TEST(TextEncoding, DamageBecomesTheReplacementCharacter) {
  EXPECT_EQ(utf16_to_utf8("\xd8\x3e\0a"s, ByteOrder::kBig), "\uFFFDa");
  EXPECT_EQ(utf16_to_utf8("\xdd\x8a"s, ByteOrder::kBig), "\uFFFD");
  EXPECT_EQ(utf16_to_utf8("\0a\0"s, ByteOrder::kBig), "a");
  EXPECT_EQ(utf8_to_utf16("a\xff"s, ByteOrder::kBig), "\0a\xff\xfd"s);
}

TEST(TextEncoding, BytesThatAreNotUtf8AreLatin1) {
  EXPECT_EQ(to_utf8("naïve"), "naïve");
  EXPECT_EQ(to_utf8("na\xefve"), "naïve");
}

}  // namespace
}  // namespace dalle2::image
