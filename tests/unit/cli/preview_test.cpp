#include "cli/preview.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "image/composite.h"

namespace dalle2::cli {
namespace {

using Variables = std::map<std::string, std::string>;

Preview decided(const std::string& name, const Variables& variables, bool is_terminal = true) {
  const auto environment = [&](const std::string& key) -> std::optional<std::string> {
    const auto found = variables.find(key);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return decide_preview(name, environment, is_terminal, 80);
}

/// How a picture starts that is shown in this way; empty if it is not.
std::string start(const Preview& preview) {
  if (preview.draw == nullptr) return "";
  return preview.draw(image::filled(4, 4, image::kTransparent), preview).substr(0, 3);
}

constexpr char kKitty[] = "\x1b_G";
constexpr char kIterm[] = "\x1b]1";
constexpr char kSixel[] = "\x1bP0";
constexpr char kBlocks[] = "\x1b[3";

TEST(Preview, TakesTheProtocolThatTheTerminalUnderstands) {
  const std::pair<Variables, const char*> kCases[] = {
      {{{"TERM", "xterm-kitty"}}, kKitty},
      {{{"TERM", "xterm-256color"}, {"KITTY_WINDOW_ID", "1"}}, kKitty},
      {{{"TERM", "xterm-ghostty"}}, kKitty},
      {{{"TERM", "xterm-256color"}, {"TERM_PROGRAM", "iTerm.app"}}, kIterm},
      {{{"TERM", "xterm-256color"}, {"TERM_PROGRAM", "WezTerm"}}, kIterm},
      {{{"TERM", "foot-extra"}}, kSixel},
      {{{"TERM", "mlterm"}}, kSixel},
      {{{"TERM", "xterm-256color"}}, kBlocks},
      {{{"TERM", "tmux-256color"}, {"KITTY_WINDOW_ID", "1"}}, kBlocks},
      {{{"TERM", "screen"}, {"TERM_PROGRAM", "iTerm.app"}}, kBlocks},
      {{{"TERM", "dumb"}}, ""},
      {{}, ""},
  };
  for (const auto& [variables, expected] : kCases) {
    EXPECT_EQ(start(decided("auto", variables)), expected)
        << (variables.empty() ? "no TERM" : variables.at("TERM"));
  }
}

TEST(Preview, ShowsNothingWithoutATerminalUnlessAProtocolIsNamed) {
  const Variables kitty = {{"TERM", "xterm-kitty"}};
  EXPECT_EQ(start(decided("auto", kitty, false)), "");
  EXPECT_EQ(start(decided("sixel", kitty, false)), kSixel);
  EXPECT_EQ(start(decided("blocks", {}, false)), kBlocks);
  EXPECT_EQ(start(decided("off", kitty)), "");
}

TEST(Preview, TakesTrueColourWhereItIsPromised) {
  EXPECT_TRUE(decided("auto", {{"TERM", "xterm"}, {"COLORTERM", "truecolor"}}).true_color);
  EXPECT_FALSE(decided("auto", {{"TERM", "xterm"}}).true_color);
}

TEST(Preview, FitsTheTerminal) {
  Preview preview = decided("blocks", {});
  preview.columns = 21;
  const std::string text = preview.draw(image::filled(200, 100, image::kWhite), preview);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
}

TEST(Preview, ShowsTransparencyAsChequers) {
  Preview preview = decided("blocks", {});
  const std::string opaque = preview.draw(image::filled(8, 8, image::kWhite), preview);
  const std::string clear = preview.draw(image::filled(8, 8, image::kTransparent), preview);
  EXPECT_EQ(opaque.find(";48;5;", opaque.find('m')), opaque.find(";48;5;", opaque.find('\n')));
  EXPECT_NE(clear.find(";48;5;", clear.find('m')), clear.find(";48;5;", clear.find('\n')));
}

}  // namespace
}  // namespace dalle2::cli
