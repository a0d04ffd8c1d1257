#include "text/clip_bpe.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.h"

namespace dalle2::text {
namespace {

// Written by scripts/golden/clip_tokenizer.py.
TEST(ClipTokenizer, GivesTheIdsOfTransformers) {
  constexpr int kLength = 77;
  const auto folder = std::filesystem::path(DALLE2_TEST_GOLDEN) / "clip_bpe";
  const auto tokenizer = make_clip_bpe(folder, {.max_length = kLength});
  std::ifstream cases(folder / "cases.jsonl");
  int count = 0;
  for (std::string line; std::getline(cases, line); ++count) {
    const Json expected = Json::parse(line);
    const Tokens tokens = tokenizer->encode(expected["text"].get<std::string>());
    const auto ids = expected["ids"].get<std::vector<std::int64_t>>();
    ASSERT_EQ(tokens.ids.size(), kLength);
    EXPECT_EQ(std::vector(tokens.ids.begin(), tokens.ids.begin() + tokens.length), ids) << line;
  }
  EXPECT_GT(count, 1000);
}

}  // namespace
}  // namespace dalle2::text
