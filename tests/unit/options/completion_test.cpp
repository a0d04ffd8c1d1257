#include "options/completion.h"

#include <gmock/gmock.h>

#include "options/completion_words.h"
#include "options/help.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Completion, OffersTheValuesOfAnOptionThatHasSome) {
  EXPECT_THAT(value_words(*find_option("sampler")), ElementsAre("ddpm", "ddim", "dpm++2m"));
  EXPECT_THAT(value_words(*find_option("device")), ElementsAre("auto", "cpu", "cuda"));
  EXPECT_THAT(value_words(*find_option("steps")), IsEmpty());
  EXPECT_THAT(value_words(*find_option("output")), IsEmpty());
}

TEST(Completion, OffersTheWordsOfACommandButNotItsPlaceholders) {
  EXPECT_THAT(argument_words(command_spec(Command::kModels)), ElementsAre("list", "verify"));
  EXPECT_THAT(argument_words(command_spec(Command::kGenerate)), IsEmpty());
  EXPECT_EQ(argument_words(command_spec(Command::kHelp)).size(), commands().size());
}

TEST(Completion, QuotesForTheShell) { EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'"); }

TEST(Completion, KnowsEveryCommandAndShownOptionInEveryShell) {
  for (const Shell& shell : shells()) {
    const std::string script = shell.script();
    for (const CommandSpec& command : commands()) EXPECT_THAT(script, HasSubstr(command.name));
    for (const Option& option : option_table()) {
      if (option.hidden) continue;
      EXPECT_THAT(script, HasSubstr(option.name)) << shell.name;
    }
    EXPECT_THAT(script, Not(HasSubstr("markdown")));
  }
}

TEST(ManPage, HasEveryCommandAndShownOption) {
  const std::string page = man_page();
  for (const CommandSpec& command : commands()) {
    EXPECT_THAT(page, HasSubstr("dalle2 " + std::string(command.name)));
  }
  EXPECT_THAT(page, HasSubstr("\\-\\-prior\\-steps"));
  EXPECT_THAT(page, Not(HasSubstr("--")));  // a hyphen that is not escaped may be set as a dash
}

}  // namespace
}  // namespace dalle2::options
