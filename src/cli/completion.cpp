#include "options/completion.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/standard_output.h"

namespace dalle2::cli {

int run_completion(const options::Invocation& invocation) {
  const std::string& name = invocation.settings.arguments.front();
  const auto shell = std::ranges::find(options::shells(), name, &options::Shell::name);
  if (shell == options::shells().end()) {
    throw Error(ErrorKind::kUsage, "'" + name + "' is not one of the shells bash, zsh and fish");
  }
  print(shell->script());
  return kSuccess;
}

}  // namespace dalle2::cli
