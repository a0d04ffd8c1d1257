#include "cli/prompt_source.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "options/check.h"

namespace dalle2::cli {
namespace {

std::string read(const std::string& argument, const std::string& input) {
  std::istringstream in(input);
  return read_prompt(argument, in);
}

TEST(PromptSource, AnArgumentIsThePromptItself) { EXPECT_EQ(read("a fox", "ignored"), "a fox"); }

TEST(PromptSource, ADashReadsStandardInputWithoutTheLastLineBreak) {
  EXPECT_EQ(read("-", "a fox\n"), "a fox");
  EXPECT_EQ(read("-", "a fox\r\n\n"), "a fox");
  EXPECT_EQ(read("-", "two\nlines"), "two\nlines");
}

TEST(PromptSource, LongInputIsRefusedWithoutReadingItAll) {
  std::istringstream in(std::string(10'000'000, 'a'));
  EXPECT_THROW(read_prompt("-", in), Error);
  EXPECT_LE(in.tellg(), static_cast<std::streamoff>(options::kMaxPromptBytes + 2));
  EXPECT_EQ(read("-", std::string(options::kMaxPromptBytes, 'a') + "\n").size(),
            options::kMaxPromptBytes);
}

TEST(PromptSource, EmptyInputIsRefusedByName) {
  try {
    read("-", "\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "prompt on standard input: is empty; say what the picture should show");
  }
}

}  // namespace
}  // namespace dalle2::cli
