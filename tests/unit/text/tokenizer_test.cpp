#include "text/tokenizer.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/expect_error.h"
#include "vocabulary_files.h"

namespace dalle2::text {
namespace {

using testing::HasSubstr;

TEST(Tokenizer, KindsHaveDistinctNamesAndSummaries) {
  std::set<std::string_view> names;
  for (const TokenizerKind& kind : tokenizer_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_FALSE(kind.summary.empty());
    EXPECT_FALSE(kind.files.empty());
  }
}

TEST(Tokenizer, IsMadeByName) {
  const auto tokenizer = make_tokenizer("clip_bpe", clip_folder(), {.max_length = 12});
  EXPECT_EQ(tokenizer->max_length(), 12);
  EXPECT_EQ(tokenizer->encode("fox").ids.size(), 12U);
}

TEST(Tokenizer, OfAnUnknownKindIsRefusedWithTheKnownOnes) {
  expect_error(ErrorKind::kModel, HasSubstr("sentencepiece, clip_bpe"),
               [] { make_tokenizer("wordpiece", ".", {.max_length = 12}); });
}

TEST(Tokenizer, OfNoLengthIsRefused) {
  for (const int length : {-1, 0, 5000}) {
    expect_error(ErrorKind::kModel, HasSubstr("max_length is 1 to 4096"),
                 [length] { make_tokenizer("sentencepiece", ".", {.max_length = length}); });
  }
  expect_error(ErrorKind::kModel, HasSubstr("start and end"),
               [] { make_tokenizer("clip_bpe", clip_folder(), {.max_length = 1}); });
}

}  // namespace
}  // namespace dalle2::text
