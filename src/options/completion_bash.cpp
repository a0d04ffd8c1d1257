#include "options/completion.h"
#include "options/completion_words.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

/// A case of `case $command:$previous in`: what may follow an option.
std::string value_case(const CommandSpec& command, const Option& option) {
  std::string pattern = std::string(command.name) + ":" + option.flag();
  if (!option.short_name.empty()) {
    pattern += "|" + std::string(command.name) + ":-" + std::string(option.short_name);
  }
  const std::string words = joined(value_words(option));
  return "    " + pattern + ")\n      " +
         (words.empty()
              ? ""
              : "COMPREPLY=($(compgen -W " + shell_quoted(words) + " -- \"$current\"))\n      ") +
         "return ;;\n";
}

std::string command_case(const CommandSpec& command) {
  std::string options;
  for (const Option* option : options_of(command.id)) {
    if (!option->hidden) options += (options.empty() ? "" : " ") + option->flag();
  }
  return "    " + std::string(command.name) + ")\n      options=" + shell_quoted(options) +
         "\n      arguments=" + shell_quoted(joined(argument_words(command))) + " ;;\n";
}

}  // namespace

std::string bash_completion() {
  std::vector<std::string_view> names;
  std::string values;
  std::string cases;
  for (const CommandSpec& command : commands()) {
    names.push_back(command.name);
    cases += command_case(command);
    for (const Option* option : options_of(command.id)) {
      if (!option->hidden && option->takes_next_word()) values += value_case(command, *option);
    }
  }
  // Where nothing is offered, -o default completes file names.
  return "# dalle2 completion bash\n"
         "_dalle2() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local command=${COMP_WORDS[1]} options arguments\n"
         "  COMPREPLY=()\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    COMPREPLY=($(compgen -W " +
         shell_quoted(joined(names) + " --help --version") +
         " -- \"$current\"))\n"
         "    return\n"
         "  fi\n"
         "  case $command:$previous in\n" +
         values +
         "  esac\n"
         "  case $command in\n" +
         cases +
         "    *)\n      return ;;\n"
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
         "  elif [[ -n $arguments ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$arguments\" -- \"$current\"))\n"
         "  fi\n"
         "}\n"
         "complete -o default -F _dalle2 dalle2\n";
}

}  // namespace dalle2::options
