#include <string>

#include "options/help.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

/// A cell of a table: pipes would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string code(std::string_view text) { return text.empty() ? "" : "`" + cell(text) + "`"; }

std::string option_row(const Option& option) {
  std::string names;
  if (!option.short_name.empty()) names = "`-" + std::string(option.short_name) + "`, ";
  names += code(option.usage());
  std::string used_by;
  for (const CommandSpec& command : commands()) {
    if (!contains(option.commands, command.id)) continue;
    used_by += (used_by.empty() ? "" : ", ") + std::string(command.name);
  }
  if (option.commands == Command::kAll) used_by = "all";
  const bool variable = option.sources != Sources::kCommandLine;
  return "| " + names + " | " + cell(option.help) + " | " + cell(describe(option.domain)) + " | " +
         cell(option.default_text) + " | " + (variable ? code(option.variable()) : "flag only") +
         " | " + used_by + " |\n";
}

std::string group_table(Group group) {
  std::string out = "\n## " + std::string(to_string(group)) +
                    "\n\n| Option | What it does | Values | Default | Variable | Commands |\n"
                    "|---|---|---|---|---|---|\n";
  for (const Option& option : option_table()) {
    if (option.group == group && !option.hidden) out += option_row(option);
  }
  return out;
}

}  // namespace

std::string flags_markdown() {
  std::string out =
      "# Commands and options\n\n"
      "Made by `dalle2 help --markdown` from the table in `src/options`; a test fails when this "
      "file is older.\n\n"
      "| Command | What it does |\n|---|---|\n";
  for (const CommandSpec& command : commands()) {
    const std::string arguments =
        command.arguments.empty() ? "" : " " + std::string(command.arguments);
    out += "| " + code("dalle2 " + std::string(command.name) + arguments) + " | " +
           cell(command.description) + " |\n";
  }
  out +=
      "\nAn option can come from four places; the first that has it wins: the command line, a "
      "`DALLE2_*` variable, the file named by `--config` (else `.dalle2.toml` in this folder or "
      "the "
      "nearest one above), `~/.config/dalle2/config.toml`. Files are TOML: `steps = 30` for every "
      "command, or below `[generate]` for one.\n";
  for (const Group group : {Group::kPicture, Group::kSampling, Group::kOutput, Group::kBatch,
                            Group::kEngine, Group::kInterface}) {
    out += group_table(group);
  }
  return out;
}

}  // namespace dalle2::options
