#include "text/prompt_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/expect_error.h"

namespace dalle2::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PromptText, IsCutAtEveryKindOfWhiteSpace) {
  EXPECT_THAT(words_of("a red\tfox\u3000in\u00A0\n snow"),
              ElementsAre("a", "red", "fox", "in", "snow"));
  EXPECT_THAT(words_of("  fox "), ElementsAre("fox"));
  EXPECT_THAT(words_of(""), IsEmpty());
  EXPECT_THAT(words_of(" \n"), IsEmpty());
}

TEST(PromptText, WordsPointIntoThePrompt) {
  const std::string_view prompt = "a fox";
  EXPECT_EQ(words_of(prompt)[1].data(), prompt.data() + 2);
}

TEST(PromptText, NamesTheByteThatIsNotUtf8) {
  for (const auto& [prompt, offset] : {std::pair{"fox \xff", "byte 4"},
                                       {"\xc3(", "byte 0"},
                                       {"a\xed\xa0\x80", "byte 1"},
                                       {"лис\xd0", "byte 6"}}) {
    expect_error(ErrorKind::kUsage, HasSubstr(offset), [&] { require_utf8(prompt); });
  }
  require_utf8("🦊 лиса");
}

}  // namespace
}  // namespace dalle2::text
