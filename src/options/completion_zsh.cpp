#include "options/completion.h"
#include "options/completion_words.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

/// Text for the [explanation] of _arguments, where these characters mean something.
std::string explained(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string argument_spec(const Option& option) {
  const std::string names = option.short_name.empty()
                                ? option.flag()
                                : "(-" + std::string(option.short_name) + " " + option.flag() + ")";
  std::string rest = "[" + explained(option.help) + "]";
  if (option.takes_next_word()) {
    const std::string words = joined(value_words(option));
    rest +=
        ":" + explained(option.value_name) + ":" + (words.empty() ? "_files" : "(" + words + ")");
  }
  if (option.short_name.empty()) return "      " + shell_quoted(names + rest) + " \\\n";
  // Both spellings, each excluding the other.
  return "      " + shell_quoted(names + "-" + std::string(option.short_name) + rest) +
         " \\\n      " + shell_quoted(names + option.flag() + rest) + " \\\n";
}

std::string command_case(const CommandSpec& command) {
  std::string out = "    " + std::string(command.name) + ")\n      _arguments \\\n";
  for (const Option* option : options_of(command.id)) {
    if (!option->hidden) out += argument_spec(*option);
  }
  const std::string words = joined(argument_words(command));
  return out + "      " +
         shell_quoted("*:argument:" + (words.empty() ? "_files" : "(" + words + ")")) + " ;;\n";
}

}  // namespace

std::string zsh_completion() {
  std::string names;
  std::string cases;
  for (const CommandSpec& command : commands()) {
    names +=
        "    " + shell_quoted(std::string(command.name) + ":" + explained(command.summary)) + "\n";
    cases += command_case(command);
  }
  return "#compdef dalle2\n"
         "_dalle2() {\n"
         "  local -a commands\n"
         "  commands=(\n" +
         names +
         "  )\n"
         "  if ((CURRENT == 2)); then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  local command=$words[2]\n"
         "  shift words\n"
         "  ((CURRENT--))\n"
         "  case $command in\n" +
         cases +
         "  esac\n"
         "}\n"
         "if [[ ${funcstack[1]} == _dalle2 ]]; then _dalle2 \"$@\"; else compdef _dalle2 dalle2; "
         "fi\n";
}

}  // namespace dalle2::options
