#include "options/command_line.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace dalle2::options {
namespace {

using Words = std::vector<std::string>;

CommandLine parse(const Words& words) { return parse_command_line(words); }

std::string refusal(const Words& words) {
  try {
    parse(words);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "accepted";
}

Words texts(const CommandLine& line) {
  Words out;
  for (const Assignment& flag : line.flags) out.push_back(flag.origin + "=" + flag.text);
  return out;
}

TEST(CommandLine, AnOptionWithAnImpliedValueLeavesTheNextWordAlone) {
  const CommandLine bare = parse({"generate", "--preview", "a fox"});
  EXPECT_EQ(bare.arguments, Words{"a fox"});
  EXPECT_EQ(texts(bare), Words{"--preview=auto"});
  EXPECT_EQ(texts(parse({"generate", "a fox", "--preview=sixel"})), Words{"--preview=sixel"});
}

TEST(CommandLine, FlagsAreTakenInAllTheirSpellingsAndInTheOrderTyped) {
  const CommandLine line =
      parse({"generate", "-n4", "--seed=7", "a fox", "-o", "fox.png", "--json", "--steps", "9"});
  EXPECT_EQ(line.command, Command::kGenerate);
  EXPECT_EQ(line.arguments, Words{"a fox"});
  EXPECT_EQ(texts(line),
            (Words{"--count=4", "--seed=7", "--output=fox.png", "--json=true", "--steps=9"}));
}

TEST(CommandLine, AFlagGivenTwiceIsKeptTwiceSoThatTheLastWins) {
  EXPECT_EQ(texts(parse({"generate", "--steps", "1", "x", "--steps", "2"})),
            (Words{"--steps=1", "--steps=2"}));
}

TEST(CommandLine, PromptsMayLookLikeAnything) {
  for (const std::string prompt :
       {"-", "[a, b]", "a=b", "{x}", "", "  ", "\"quoted\"", "über 猫", "a\nb", "'", "#x", "+5"}) {
    EXPECT_EQ(parse({"generate", prompt}).arguments, Words{prompt}) << prompt;
  }
  EXPECT_EQ(parse({"generate", "--", "--json"}).arguments, Words{"--json"});
  EXPECT_EQ(parse({"generate", "--", "generate"}).arguments, Words{"generate"});
}

TEST(CommandLine, ValuesMayBeEmptyOrStartWithADash) {
  EXPECT_EQ(texts(parse({"generate", "x", "--negative-prompt", ""})), Words{"--negative-prompt="});
  EXPECT_EQ(texts(parse({"generate", "x", "--negative-prompt", "[a,b]"})),
            Words{"--negative-prompt=[a,b]"});
  EXPECT_EQ(texts(parse({"generate", "x", "--seed", "-1"})), Words{"--seed=-1"});
  EXPECT_EQ(texts(parse({"generate", "x", "-o", "-"})), Words{"--output=-"});
}

TEST(CommandLine, MisspeltFlagsAreRefusedWithTheNearest) {
  EXPECT_EQ(refusal({"generate", "x", "--stepz", "5"}),
            "--stepz: unknown option (did you mean '--steps'?); see dalle2 generate --help");
  EXPECT_EQ(refusal({"generate", "x", "--stepz=5"}),
            "--stepz: unknown option (did you mean '--steps'?); see dalle2 generate --help");
  EXPECT_EQ(refusal({"info", "x", "--steps", "5"}),
            "--steps: 'info' has no such option; --steps belongs to other commands");
  EXPECT_NE(refusal({"generate", "x", "-Z"}).find("-Z: unknown option"), std::string::npos);
}

TEST(CommandLine, AMissingValueNamesTheFlag) {
  EXPECT_NE(refusal({"generate", "x", "--steps"}).find("--steps"), std::string::npos);
}

TEST(CommandLine, UnknownCommandsAreRefusedWithTheNearestOrAHint) {
  EXPECT_EQ(refusal({"genrate", "x"}), "'genrate' is not a command (did you mean 'generate'?)");
  EXPECT_EQ(refusal({"a red fox"}),
            "'a red fox' is not a command; for a picture of it: dalle2 generate \"a red fox\"");
  EXPECT_EQ(refusal({"--json", "generate"}),
            "--json: options come after the command; see dalle2 --help");
}

TEST(CommandLine, TooFewAndTooManyArgumentsAreRefused) {
  EXPECT_EQ(refusal({"generate"}),
            "something is missing; the command is: dalle2 generate PROMPT|-");
  EXPECT_EQ(refusal({"generate", "a", "red", "fox"}),
            "too many arguments; put quotes around text with spaces: dalle2 generate PROMPT|-");
  EXPECT_EQ(refusal({"doctor", "x"}),
            "'doctor' takes options only; the command is: dalle2 doctor ");
}

TEST(CommandLine, HelpIsGivenForALineThatIsNotFinished) {
  EXPECT_EQ(texts(parse({"generate", "--help"})), Words{"--help=true"});
  EXPECT_EQ(texts(parse({"generate", "--stepz", "-h"})), Words{"--help=true"});
  EXPECT_EQ(parse({"--help"}).command, Command::kHelp);
  EXPECT_EQ(parse({}).command, Command::kHelp);
  EXPECT_EQ(parse({"--version"}).command, Command::kVersion);
}

}  // namespace
}  // namespace dalle2::options
