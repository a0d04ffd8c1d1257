#include "cli/terminal.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace dalle2::cli {
namespace {

options::Environment environment(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(Terminal, HasBarAndColourWhenItIsOne) {
  const Terminal terminal = decide_terminal({}, environment({{"TERM", "xterm"}}), true, 132);
  EXPECT_TRUE(terminal.progress);
  EXPECT_TRUE(terminal.color);
  EXPECT_EQ(terminal.columns, 132);
}

TEST(Terminal, HasNeitherInAPipeOrWhenDumb) {
  for (const auto& [is_terminal, term] :
       {std::pair(false, "xterm"), std::pair(true, "dumb"), std::pair(true, "")}) {
    const bool named = std::string(term) != "";
    const auto variables = named ? environment({{"TERM", term}}) : environment({});
    const Terminal terminal = decide_terminal({}, variables, is_terminal, 80);
    EXPECT_FALSE(terminal.progress);
    EXPECT_FALSE(terminal.color);
  }
}

TEST(Terminal, KeepsTheBarButNoColourWithNoColor) {
  const auto variables = environment({{"TERM", "xterm"}, {"NO_COLOR", "1"}});
  EXPECT_TRUE(decide_terminal({}, variables, true, 80).progress);
  EXPECT_FALSE(decide_terminal({}, variables, true, 80).color);
  options::UiOptions ui;
  ui.no_color = true;
  EXPECT_FALSE(decide_terminal(ui, environment({{"TERM", "xterm"}}), true, 80).color);
}

TEST(Terminal, HasNoBarWhenQuietOrNever) {
  options::UiOptions quiet;
  quiet.quiet = true;
  options::UiOptions never;
  never.progress = "never";
  EXPECT_FALSE(decide_terminal(quiet, environment({{"TERM", "xterm"}}), true, 80).progress);
  EXPECT_FALSE(decide_terminal(never, environment({{"TERM", "xterm"}}), true, 80).progress);
}

}  // namespace
}  // namespace dalle2::cli
