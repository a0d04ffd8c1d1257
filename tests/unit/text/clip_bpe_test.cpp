#include "text/clip_bpe.h"

#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/expect_error.h"
#include "unit/temporary_folder.h"
#include "text/clip_vocabulary.h"
#include "vocabulary_files.h"

namespace dalle2::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kTinyVocabulary =
    R"({"a": 0, "b": 1, "a</w>": 2, "b</w>": 3, "ab</w>": 4, "<|startoftext|>": 5, "<|endoftext|>": 6})";
constexpr const char* kTinyMerges = "#version: 0.2\na b</w>\n";

class ClipBpe : public testing::Test {
 protected:
  std::unique_ptr<Tokenizer> make(const std::string& vocabulary, const std::string& merges,
                                  const TokenizerOptions& options = {.max_length = 8}) {
    write_bytes(folder_.path() / "vocab.json", vocabulary);
    write_bytes(folder_.path() / "merges.txt", merges);
    return make_clip_bpe(folder_.path(), options);
  }

  void expect_refused(const std::string& vocabulary, const std::string& merges,
                      const std::string& reason) {
    expect_error(ErrorKind::kModel, HasSubstr(reason), [&] { make(vocabulary, merges); });
  }

  TemporaryFolder folder_;
};

TEST_F(ClipBpe, MarksStartAndEndAndPadsWithTheEnd) {
  const Tokens tokens = make(kTinyVocabulary, kTinyMerges)->encode("AB a");
  EXPECT_THAT(tokens.ids, ElementsAre(5, 4, 2, 6, 6, 6, 6, 6));
  EXPECT_EQ(tokens.length, 4);
  EXPECT_FALSE(tokens.truncated());
}

TEST_F(ClipBpe, PadsWithTheIdOfTheOptions) {
  const auto tokenizer = make(kTinyVocabulary, kTinyMerges, {.max_length = 4, .pad_id = 0});
  EXPECT_THAT(tokenizer->encode("").ids, ElementsAre(5, 6, 0, 0));
}

TEST_F(ClipBpe, GivesBytesWithoutATokenTheUnknownToken) {
  EXPECT_THAT(make(kTinyVocabulary, kTinyMerges)->encode("cab").ids,
              ElementsAre(5, 6, 4, 6, 6, 6, 6, 6));
}

TEST_F(ClipBpe, SaysWhichWordsDidNotFit) {
  const auto tokenizer = make(kTinyVocabulary, kTinyMerges, {.max_length = 4});
  const Tokens exact = tokenizer->encode("ab  ab ");
  EXPECT_FALSE(exact.truncated());
  const Tokens cut = tokenizer->encode("ab ab a b");
  EXPECT_THAT(cut.ids, ElementsAre(5, 4, 4, 6));
  EXPECT_EQ(cut.length, 4);
  EXPECT_EQ(cut.dropped_text, "a b");
  // A word of which only a part fits keeps that part, but counts as dropped.
  const Tokens half = tokenizer->encode("a aba b");
  EXPECT_THAT(half.ids, ElementsAre(5, 2, 0, 6));
  EXPECT_EQ(half.dropped_text, "aba b");
}

TEST_F(ClipBpe, RefusesTextThatIsNotUtf8) {
  const auto tokenizer = make(kTinyVocabulary, kTinyMerges);
  expect_error(ErrorKind::kUsage, HasSubstr("byte 2"), [&] { tokenizer->encode("ab\xff"); });
}

TEST_F(ClipBpe, RefusesDamagedVocabularies) {
  expect_refused("", kTinyMerges, "vocab.json");
  expect_refused("[1, 2]", kTinyMerges, "not a JSON object");
  expect_refused(R"({"a": 0, "b)", kTinyMerges, "vocab.json:1:");
  expect_refused(R"({"a": "0"})", kTinyMerges, "token 'a' has no id");
  expect_refused(R"({"a": -1})", kTinyMerges, "token 'a' has no id");
  expect_refused(R"({"a": 1.5})", kTinyMerges, "token 'a' has no id");
  expect_refused(R"({"a": 1e300})", kTinyMerges, "token 'a' has no id");
  expect_refused(R"({"a": 18446744073709551615})", kTinyMerges, "token 'a' has no id");
  expect_refused(R"({"a": 3, "b": 3})", kTinyMerges, "id 3 is used twice");
  expect_refused(R"({"a": 0, "<|startoftext|>": 1})", kTinyMerges, "'<|endoftext|>' is missing");
}

TEST_F(ClipBpe, RefusesDamagedMergesNamingTheLine) {
  expect_refused(kTinyVocabulary, "a b</w>\nab", "merges.txt:2: not two tokens");
  expect_refused(kTinyVocabulary, "a b c\n", "merges.txt:1: not two tokens");
  expect_refused(kTinyVocabulary, " a\n", "merges.txt:1: not two tokens");
  expect_refused(kTinyVocabulary, "a \n", "merges.txt:1: not two tokens");
  expect_refused(kTinyVocabulary, "#version: 0.2\nb b</w>",
                 "merges.txt:2: token 'bb</w>' is not in vocab.json");
  expect_refused(kTinyVocabulary, "a b</w>\na b</w>\n", "merges.txt:2: this merge is listed twice");
}

TEST_F(ClipBpe, ReadsMergesWithEitherLineEnding) {
  EXPECT_THAT(make(kTinyVocabulary, "#version: 0.2\r\na b</w>\r\n")->encode("ab").ids[1], 4);
}

TEST_F(ClipBpe, NamesTheFileThatIsMissing) {
  write_bytes(folder_.path() / "vocab.json", kTinyVocabulary);
  expect_error(ErrorKind::kModel, HasSubstr("merges.txt"),
               [&] { make_clip_bpe(folder_.path(), {.max_length = 8}); });
}

TEST(ClipVocabulary, HasATokenForEveryByte) {
  const ClipVocabulary vocabulary =
      read_clip_vocabulary(clip_folder() / "vocab.json", clip_folder() / "merges.txt");
  for (std::size_t byte = 0; byte < 256; ++byte) {
    EXPECT_NE(vocabulary.bytes[byte], vocabulary.end_of_text) << byte;
    EXPECT_NE(vocabulary.last_bytes[byte], vocabulary.end_of_text) << byte;
    EXPECT_NE(vocabulary.bytes[byte], vocabulary.last_bytes[byte]) << byte;
  }
}

TEST(ClipVocabulary, EncodesLongPromptsQuickly) {
  const auto tokenizer = make_clip_bpe(clip_folder(), {.max_length = 77});
  std::string marks;
  for (int i = 0; i < 50000; ++i) marks += i % 2 == 0 ? "\u0301" : "\u0323";
  std::string specials;
  for (int i = 0; i < 8000; ++i) specials += "<|endoftext|>";
  for (const std::string& prompt :
       {std::string(100000, 'a'), marks, specials, std::string(100000, ' ')}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(tokenizer->encode(prompt).ids.size(), 77U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  }
}

RC_GTEST_PROP(ClipVocabulary, IdsAreInRangeForAnyText, ()) {
  static const auto tokenizer = make_clip_bpe(clip_folder(), {.max_length = 16});
  const std::vector<std::string> letters = {
      "a", "E", " ", "'", "s", "1", "é", "狐", "🦊", "\u0301", "<|endoftext|>"};
  std::string prompt;
  for (const auto& letter :
       *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(letters))) {
    prompt += letter;
  }
  const Tokens tokens = tokenizer->encode(prompt);
  RC_ASSERT(tokens.ids.size() == 16U);
  RC_ASSERT(tokens.length >= 2);
  RC_ASSERT(tokens.length <= 16);
  for (const std::int64_t id : tokens.ids) RC_ASSERT(id >= 0 && id < tokenizer->vocab_size());
  RC_ASSERT(!tokens.truncated() || tokens.length == 16);
  RC_ASSERT(prompt.ends_with(tokens.dropped_text));
}

}  // namespace
}  // namespace dalle2::text
