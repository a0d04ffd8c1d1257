#include "options/completion.h"
#include "options/completion_words.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

/// One word of fish, where only \ and ' are special inside of quotes.
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string option_line(const CommandSpec& command, const Option& option) {
  std::string line = "complete -c dalle2 -n '__fish_seen_subcommand_from " +
                     std::string(command.name) + "' -l " + std::string(option.name);
  if (!option.short_name.empty()) line += " -s " + std::string(option.short_name);
  const std::string words = joined(value_words(option));
  if (option.takes_next_word()) line += words.empty() ? " -r" : " -x -a " + fish_quoted(words);
  return line + " -d " + fish_quoted(option.help) + "\n";
}

}  // namespace

std::string fish_completion() {
  std::string out = "# dalle2 completion fish\n";
  for (const CommandSpec& command : commands()) {
    const std::string name(command.name);
    out += "complete -c dalle2 -f -n __fish_use_subcommand -a " + name + " -d " +
           fish_quoted(command.summary) + "\n";
    const std::string words = joined(argument_words(command));
    if (!words.empty()) {
      out += "complete -c dalle2 -f -n '__fish_seen_subcommand_from " + name + "' -a " +
             fish_quoted(words) + "\n";
    }
    for (const Option* option : options_of(command.id)) {
      if (!option->hidden) out += option_line(command, *option);
    }
  }
  return out;
}

}  // namespace dalle2::options
