#include <string>

#include "options/help.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

constexpr Group kGroups[] = {Group::kPicture, Group::kSampling, Group::kOutput,
                             Group::kBatch,   Group::kEngine,   Group::kInterface};

/// Text for roff: backslashes and hyphens mean something, and so do . and ' that begin a line.
std::string roff(std::string_view text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }

std::string command_section(const CommandSpec& command) {
  std::string out = ".SS " + bold("dalle2 " + std::string(command.name));
  if (!command.arguments.empty()) out += " " + roff(command.arguments);
  out += "\n" + roff(command.description) + "\n";
  for (const Example& example : command.examples) {
    out += ".PP\n" + roff(example.meaning) + ":\n.PP\n.EX\n    " + roff(example.line) + "\n.EE\n";
  }
  return out;
}

std::string option_entry(const Option& option) {
  std::string out = ".TP\n";
  if (!option.short_name.empty()) out += bold("-" + std::string(option.short_name)) + ", ";
  out += bold(option.flag());
  if (!option.value_name.empty()) {
    const std::string value = "\\fI" + roff(option.value_name) + "\\fR";
    out += option.implied.empty() ? " " + value : "[=" + value + "]";
  }
  out += "\n" + roff(option.help);
  if (const std::string values = describe(option.domain); !values.empty()) {
    out += "; " + roff(values);
  }
  if (!option.default_text.empty()) out += "; default: " + roff(option.default_text);
  out += ".\n";
  std::string used_by;
  for (const CommandSpec& command : commands()) {
    if (!contains(option.commands, command.id)) continue;
    used_by += (used_by.empty() ? "" : ", ") + std::string(command.name);
  }
  return out + "Used by " + roff(option.commands == Command::kAll ? "all commands" : used_by) +
         ".\n";
}

}  // namespace

std::string man_page() {
  std::string out =
      ".TH DALLE2 1\n.SH NAME\ndalle2 \\- pictures from text\n.SH SYNOPSIS\n"
      ".B dalle2\nCOMMAND [ARGUMENTS] [OPTIONS]\n.SH DESCRIPTION\n"
      "Makes pictures from text by unCLIP (DALL·E 2), offline. Every option can also be set as a "
      "variable (\\fB\\-\\-prior\\-steps\\fR is \\fBDALLE2_PRIOR_STEPS\\fR), in a file "
      "\\fB.dalle2.toml\\fR in this folder or above, and in "
      "\\fB~/.config/dalle2/config.toml\\fR; the command line wins, then the variable.\n"
      ".SH COMMANDS\n";
  for (const CommandSpec& command : commands()) out += command_section(command);
  out += ".SH OPTIONS\n";
  for (const Group group : kGroups) {
    out += ".SS " + roff(to_string(group)) + "\n";
    for (const Option& option : option_table()) {
      if (option.group == group && !option.hidden) out += option_entry(option);
    }
  }
  return out;
}

}  // namespace dalle2::options
