#include "options/help.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "options/table.h"

namespace dalle2::options {
namespace {

std::size_t columns(const std::string& line) {
  std::size_t count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

TEST(Help, OfACommandHasAllItsOptionsAndExamplesAndNoOthers) {
  for (const CommandSpec& command : commands()) {
    const std::string help = command_help(command.id);
    for (const Option& option : option_table()) {
      const bool expected = contains(option.commands, command.id) && !option.hidden;
      // A text may name another command's option; a row of its own starts with spaces.
      const bool row = help.find("  " + option.flag()) != std::string::npos ||
                       help.find(", " + option.flag()) != std::string::npos;
      EXPECT_EQ(row, expected) << command.name << " " << option.name;
    }
    for (const Example& example : command.examples) {
      EXPECT_NE(help.find(example.line), std::string::npos) << example.line;
    }
  }
}

TEST(Help, FitsAHundredColumns) {
  for (const CommandSpec& command : commands()) {
    std::istringstream lines(command_help(command.id));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), 100U) << line;
  }
}

TEST(Help, SaysRangesAndDefaults) {
  EXPECT_NE(command_help(Command::kGenerate).find("[1 to 1000; default: the model's]"),
            std::string::npos);
}

TEST(Help, OfTheProgramNamesAllCommands) {
  for (const CommandSpec& command : commands()) {
    EXPECT_NE(overview_help().find("  " + std::string(command.name) + " "), std::string::npos);
  }
}

TEST(FlagsMarkdown, HasARowWithVariableForEveryOptionThatIsNotHidden) {
  const std::string markdown = flags_markdown();
  for (const Option& option : option_table()) {
    EXPECT_EQ(markdown.find("`" + option.flag()) != std::string::npos, !option.hidden)
        << option.name;
    if (option.sources == Sources::kCommandLine) continue;
    EXPECT_NE(markdown.find("`" + option.variable() + "`"), std::string::npos) << option.name;
  }
}

}  // namespace
}  // namespace dalle2::options
