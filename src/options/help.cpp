#include "options/help.h"

#include <sstream>
#include <vector>

#include "base/utf8.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

constexpr std::size_t kWidth = 100;
constexpr Group kGroups[] = {Group::kPicture, Group::kSampling, Group::kOutput,
                             Group::kBatch,   Group::kEngine,   Group::kInterface};

std::string wrapped(std::string_view text, std::size_t indent) {
  std::istringstream words{std::string(text)};
  std::string out;
  std::size_t column = indent;
  for (std::string word; words >> word;) {
    const bool fits = column + 1 + display_width(word) <= kWidth;
    if (!out.empty()) {
      out += fits ? " " : "\n" + std::string(indent, ' ');
      column = fits ? column + 1 : indent;
    }
    out += word;
    column += display_width(word);
  }
  return out;
}

std::string row(std::string_view left, std::string_view right, std::size_t width) {
  std::string out = "  " + std::string(left);
  const std::size_t indent = width + 4;
  if (display_width(left) > width) {
    out += "\n" + std::string(indent, ' ');
  } else {
    out += std::string(indent - display_width(out), ' ');
  }
  return out + wrapped(right, indent) + "\n";
}

std::string left_column(const Option& option) {
  std::string out =
      option.short_name.empty() ? "    " : "-" + std::string(option.short_name) + ", ";
  return out + option.usage();
}

std::string right_column(const Option& option) {
  std::string out(option.help);
  const std::string range = describe(option.domain);
  // A seed may be any 64-bit number; its range would only be noise here.
  const bool narrow = range.size() <= 48 && option.domain.index() != Domain(Text{}).index();
  std::string facts = narrow ? range : "";
  if (!option.default_text.empty()) {
    facts +=
        (facts.empty() ? "" : "; ") + std::string("default: ") + std::string(option.default_text);
  }
  return facts.empty() ? out : out + " [" + facts + "]";
}

}  // namespace

std::string overview_help() {
  std::string out =
      "dalle2 makes pictures from text: unCLIP (DALL·E 2) in one program, offline.\n\n"
      "Usage: dalle2 COMMAND [ARGUMENTS] [OPTIONS]\n\nCommands:\n";
  for (const CommandSpec& command : commands()) out += row(command.name, command.summary, 12);
  out += "\nStart here:\n";
  for (const Example& example : command_spec(Command::kGenerate).examples) {
    out += "  " + std::string(example.line) + "\n";
  }
  out +=
      "\nOptions of a command: dalle2 COMMAND --help. Each can also be set as a variable\n"
      "(--prior-steps is DALLE2_PRIOR_STEPS), in .dalle2.toml in this folder or above, and in\n"
      "~/.config/dalle2/config.toml.\n";
  return out;
}

std::string command_help(Command command) {
  const CommandSpec& spec = command_spec(command);
  std::string out = "Usage: dalle2 " + std::string(spec.name);
  if (!spec.arguments.empty()) out += " " + std::string(spec.arguments);
  out += " [OPTIONS]\n\n" + wrapped(spec.description, 0) + "\n";
  if (!spec.examples.empty()) out += "\nExamples:\n";
  for (const Example& example : spec.examples) {
    out += "  # " + std::string(example.meaning) + "\n  " + std::string(example.line) + "\n";
  }
  const auto rows = options_of(command);
  for (const Group group : kGroups) {
    std::string section;
    for (const Option* option : rows) {
      if (option->group == group && !option->hidden) {
        section += row(left_column(*option), right_column(*option), 28);
      }
    }
    if (!section.empty()) out += "\n" + std::string(to_string(group)) + ":\n" + section;
  }
  return out;
}

}  // namespace dalle2::options
