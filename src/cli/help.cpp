#include "options/help.h"

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/standard_output.h"

namespace dalle2::cli {

int run_help(const options::Invocation& invocation) {
  const options::Settings& settings = invocation.settings;
  if (settings.ui.markdown) {
    print(options::flags_markdown() + exit_codes_markdown());
    return kSuccess;
  }
  if (settings.ui.man) {
    print(options::man_page() + exit_codes_man());
    return kSuccess;
  }
  if (settings.arguments.empty()) {
    print(options::overview_help());
    return kSuccess;
  }
  const options::CommandSpec* command = options::find_command(settings.arguments.front());
  if (command == nullptr) {
    throw Error(ErrorKind::kUsage, "'" + settings.arguments.front() + "' is not a command");
  }
  print(options::command_help(command->id));
  return kSuccess;
}

}  // namespace dalle2::cli
