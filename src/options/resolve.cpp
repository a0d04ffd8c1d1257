#include "options/resolve.h"

#include <algorithm>

#include "options/command_line.h"
#include "options/config_file.h"

namespace dalle2::options {
namespace {

/// The file named by the last of these assignments to --config, if any.
std::filesystem::path named_config(std::span<const Assignment> assignments) {
  std::filesystem::path file;
  for (const Assignment& assignment : assignments) {
    if (assignment.option->name == "config") file = assignment.text;
  }
  return file;
}

bool asks_for_help(std::span<const Assignment> flags) {
  return std::ranges::any_of(flags, [](const Assignment& a) { return a.option->name == "help"; });
}

}  // namespace

Invocation resolve(std::span<const std::string> arguments, const Environment& environment,
                   const std::filesystem::path& folder) {
  CommandLine line = parse_command_line(arguments);
  Invocation invocation;
  invocation.command = line.command;
  invocation.settings.arguments = std::move(line.arguments);
  // Help must work with a broken configuration, and these commands have none.
  constexpr Command kUnconfigured = Command::kHelp | Command::kVersion | Command::kCompletion;
  const bool configured = !contains(kUnconfigured, line.command) && !asks_for_help(line.flags);
  std::vector<Assignment> variables;
  if (configured) {
    variables = environment_assignments(line.command, environment);
    if (const auto file = find_user_config(environment)) invocation.config_files.push_back(*file);
    std::filesystem::path named = named_config(line.flags);
    if (named.empty()) named = named_config(variables);
    if (!named.empty()) {
      invocation.config_files.push_back(named);
    } else if (const auto file = find_project_config(folder)) {
      invocation.config_files.push_back(*file);
    }
  }
  for (const auto& file : invocation.config_files) {
    apply_assignments(config_assignments(line.command, file), invocation.settings);
  }
  apply_assignments(variables, invocation.settings);
  apply_assignments(line.flags, invocation.settings);
  return invocation;
}

}  // namespace dalle2::options
