#include "text/sentencepiece_tokenizer.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/expect_error.h"
#include "unit/temporary_folder.h"
#include "base/files.h"
#include "base/json.h"
#include "vocabulary_files.h"

namespace dalle2::text {
namespace {

using testing::HasSubstr;

// Written by scripts/golden/sentencepiece_tokenizer.py.
std::filesystem::path model_folder(const std::string& name) {
  return std::filesystem::path(DALLE2_TEST_FIXTURES).parent_path() / "unit/text/sentencepiece" /
         name;
}

std::unique_ptr<Tokenizer> plain(const TokenizerOptions& options) {
  return make_sentencepiece(model_folder("plain"), options);
}

TEST(SentencePiece, GivesTheIdsOfThePythonModule) {
  constexpr int kLength = 32;
  const auto tokenizer = plain({.max_length = kLength});
  std::ifstream cases(model_folder("cases.jsonl"));
  int count = 0;
  for (std::string line; std::getline(cases, line); ++count) {
    const Json expected = Json::parse(line);
    auto ids = expected["ids"].get<std::vector<std::int64_t>>();
    const std::size_t length = std::min<std::size_t>(ids.size(), kLength);
    const Tokens tokens = tokenizer->encode(expected["text"].get<std::string>());
    EXPECT_EQ(tokens.truncated(), ids.size() > kLength) << line;
    EXPECT_EQ(tokens.length, length) << line;
    ids.resize(kLength, 0);
    std::fill(ids.begin() + static_cast<std::ptrdiff_t>(length), ids.end(), 0);
    EXPECT_EQ(tokens.ids, ids) << line;
  }
  EXPECT_GT(count, 50);
}

TEST(SentencePiece, PadsTheEmptyPromptThroughout) {
  const Tokens tokens = plain({.max_length = 4})->encode("");
  EXPECT_EQ(tokens.ids, (std::vector<std::int64_t>{0, 0, 0, 0}));
  EXPECT_EQ(tokens.length, 0);
  EXPECT_EQ(plain({.max_length = 2, .pad_id = 7})->encode("").ids,
            (std::vector<std::int64_t>{7, 7}));
}

TEST(SentencePiece, SaysWhatDidNotFit) {
  const std::string prompt = "A red fox in the snow";
  const Tokens all = plain({.max_length = 64})->encode(prompt);
  EXPECT_FALSE(plain({.max_length = all.length})->encode(prompt).truncated());
  std::size_t dropped = 0;
  for (int length = all.length - 1; length >= 1; --length) {
    const Tokens tokens = plain({.max_length = length})->encode(prompt);
    EXPECT_EQ(tokens.length, length);
    EXPECT_TRUE(prompt.ends_with(tokens.dropped_text));
    EXPECT_GT(tokens.dropped_text.size(), dropped);  // in the prompt as typed, not as normalised
    dropped = tokens.dropped_text.size();
  }
}

TEST(SentencePiece, AddsStartAndEndWhenAsked) {
  const auto tokenizer = make_sentencepiece(model_folder("marked"),
                                            {.max_length = 5, .add_bos = true, .add_eos = true});
  EXPECT_EQ(tokenizer->encode("").ids, (std::vector<std::int64_t>{2, 3, 0, 0, 0}));
  const Tokens full = tokenizer->encode("a red fox in the snow under the stars");
  EXPECT_EQ(full.ids.front(), 2);
  EXPECT_EQ(full.ids.back(), 3);
  EXPECT_EQ(full.length, 5);
}

TEST(SentencePiece, RefusesMarksThatTheModelLacks) {
  expect_error(ErrorKind::kModel, HasSubstr("no start token"),
               [] { plain({.max_length = 5, .add_bos = true}); });
  expect_error(ErrorKind::kModel, HasSubstr("no end token"),
               [] { plain({.max_length = 5, .add_eos = true}); });
  expect_error(ErrorKind::kModel, HasSubstr("no room"), [] {
    make_sentencepiece(model_folder("marked"), {.max_length = 2, .add_bos = true, .add_eos = true});
  });
}

TEST(SentencePiece, RefusesTextThatIsNotUtf8) {
  const auto tokenizer = plain({.max_length = 8});
  expect_error(ErrorKind::kUsage, HasSubstr("byte 4"), [&] { tokenizer->encode("fox \xff"); });
}

TEST(SentencePiece, EncodesLongPrompts) {
  const auto tokenizer = plain({.max_length = 8});
  for (const std::string& prompt :
       {std::string(100000, 'a'), std::string(100000, ' '), std::string(1000, '\0')}) {
    EXPECT_EQ(tokenizer->encode(prompt).ids.size(), 8U);
  }
}

TEST(SentencePiece, RefusesFilesThatAreNoModel) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "tokenizer.model";
  const auto refused = [&](const std::string& bytes) {
    write_bytes(file, bytes);
    expect_error(ErrorKind::kModel, HasSubstr(file.string()),
                 [&] { make_sentencepiece(folder.path(), {.max_length = 8}); });
  };
  refused("");
  refused("not a model at all");
  refused(std::string(1000, '\0'));
  const std::string model = read_file(model_folder("plain") / "tokenizer.model", ErrorKind::kModel);
  refused(model.substr(0, 1000));
  std::filesystem::remove(file);
  expect_error(ErrorKind::kModel, HasSubstr(file.string()),
               [&] { make_sentencepiece(folder.path(), {.max_length = 8}); });
}

}  // namespace
}  // namespace dalle2::text
