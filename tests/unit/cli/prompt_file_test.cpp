#include "cli/prompt_file.h"

#include <sstream>
#include <vector>

#include <gmock/gmock.h>

#include "unit/expect_error.h"

namespace dalle2::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<PromptEntry> read(const std::string& text, const std::string& name = "p.txt",
                              const GenerateRequest& defaults = {}) {
  std::istringstream in(text);
  PromptFile file(in, name, defaults);
  std::vector<PromptEntry> entries;
  while (auto entry = file.next()) entries.push_back(std::move(*entry));
  return entries;
}

std::vector<std::string> prompts(const std::vector<PromptEntry>& entries) {
  std::vector<std::string> out;
  for (const PromptEntry& entry : entries) out.push_back(entry.request.prompt);
  return out;
}

void expect_refused(const std::string& text, const testing::Matcher<std::string>& message) {
  expect_error(ErrorKind::kUsage, message, [&] { read(text); });
}

TEST(PromptFile, HasAPromptOnEveryLineThatIsNeitherBlankNorAComment) {
  EXPECT_THAT(prompts(read("a fox\n\n# not this\n  \t\nein Füchslein 🦊\n\\# one\nlast")),
              ElementsAre("a fox", "ein Füchslein 🦊", "# one", "last"));
}

TEST(PromptFile, MayComeFromWindows) {
  EXPECT_THAT(prompts(read("\xEF\xBB\xBF"
                           "a fox\r\n\r\nan owl\r\n")),
              ElementsAre("a fox", "an owl"));
}

TEST(PromptFile, KnowsWhereEachPromptIs) {
  const auto entries = read("# title\na\n\nb\n");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].index, 0u);
  EXPECT_EQ(entries[0].where, "p.txt:2");
  EXPECT_EQ(entries[1].index, 1u);
  EXPECT_EQ(entries[1].where, "p.txt:4");
}

TEST(PromptFile, GivesSeedsThatDependOnTheBatchAndThePlaceOnly) {
  GenerateRequest defaults;
  defaults.seed = 7;
  const auto entries = read("same\nsame\n", "p.txt", defaults);
  EXPECT_NE(entries[0].request.seed, entries[1].request.seed);
  EXPECT_EQ(entries[1].request.seed, entry_seed(7, 1));
  EXPECT_NE(entry_seed(7, 1), entry_seed(8, 1));
}

TEST(PromptFile, TakesWhatALineDoesNotSayFromTheCommandLine) {
  GenerateRequest defaults;
  defaults.steps = 9;
  defaults.guidance = 3.0;
  const auto entries = read(
      "{\"prompt\":\"a\",\"steps\":5,\"n\":2,\"seed\":11,\"id\":\"x\",\"output\":\"o.png\"}\n"
      "{\"prompt\":\"b\"}\n",
      "p.jsonl", defaults);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].request.steps, 5);
  EXPECT_EQ(entries[0].request.guidance, 3.0);
  EXPECT_EQ(entries[0].request.count, 2);
  EXPECT_EQ(entries[0].request.seed, 11u);
  EXPECT_EQ(entries[0].id, "x");
  EXPECT_EQ(entries[0].output, "o.png");
  EXPECT_EQ(entries[1].request.steps, 9);
  EXPECT_EQ(entries[1].request.seed, entry_seed(defaults.seed, 1));
}

TEST(PromptFile, IsJsonLinesByItsFirstLine) {
  EXPECT_THAT(prompts(read("\n# comment\n{\"prompt\":\"a\"}\n")), ElementsAre("a"));
}

TEST(PromptFile, NamesTheLineAndTheKeyAtFault) {
  const std::string good = "{\"prompt\":\"a\"}\n";
  expect_refused(good + "{\"prompt\":\"a\",\"stepz\":3}",
                 AllOf(HasSubstr("p.txt:2"), HasSubstr("'stepz'"), HasSubstr("steps")));
  expect_refused(good + "{\"prompt\":\"a\",\"steps\":0}",
                 AllOf(HasSubstr("p.txt:2: steps"), HasSubstr("1 to 1000")));
  expect_refused(good + "{\"prompt\":\"a\",\"n\":1,\"count\":2}",
                 HasSubstr("p.txt:2: n and count"));
  expect_refused(good + "{\"id\":\"a\"}", HasSubstr("p.txt:2: 'prompt'"));
  expect_refused(good + "{\"prompt\":\"a\",\"id\":3}", HasSubstr("p.txt:2: id"));
  expect_refused(good + "[]", HasSubstr("p.txt:2: expected an object"));
  expect_refused(good + "{\"prompt\":\"a\",\"prompt\":\"b\"}", HasSubstr("p.txt:2: the key"));
}

TEST(PromptFile, NamesTheColumnOfASyntaxError) {
  expect_refused("{\"prompt\":\"a\"}\n\n{\"prompt\" \"a\"}\n", HasSubstr("p.txt:3:1"));
}

TEST(PromptFile, RefusesPromptsThatNoTextCanBe) {
  expect_refused("a\nb \xff\n", AllOf(HasSubstr("p.txt:2"), HasSubstr("UTF-8")));
  expect_refused("a\n" + std::string(20'000, 'b'), AllOf(HasSubstr("p.txt:2"), HasSubstr("20000")));
  expect_refused(std::string("a\0b", 3), AllOf(HasSubstr("p.txt:1"), HasSubstr("NUL")));
  expect_refused("{\"prompt\":\" \"}", AllOf(HasSubstr("p.txt:1"), HasSubstr("empty")));
}

TEST(PromptFile, ReadsNoMoreOfALineThanItTakes) {
  std::istringstream in(std::string(5'000'000, 'a'));
  const GenerateRequest defaults;
  PromptFile file(in, "p.txt", defaults);
  expect_error(ErrorKind::kUsage, HasSubstr("longer than 1 MiB"), [&] { file.next(); });
  EXPECT_LT(in.tellg(), 1'100'000);
}

}  // namespace
}  // namespace dalle2::cli
