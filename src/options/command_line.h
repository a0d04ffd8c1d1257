#pragma once

#include <span>
#include <string>
#include <vector>

#include "options/assignment.h"
#include "options/command.h"

namespace dalle2::options {

/// What was typed, split but not yet understood.
struct CommandLine {
  Command command = Command::kHelp;
  std::vector<Assignment> flags;  // in the order typed
  std::vector<std::string> arguments;
};

/// `arguments` without the program's name. Throws Error(kUsage), with the nearest name where
/// something is misspelt.
CommandLine parse_command_line(std::span<const std::string> arguments);

}  // namespace dalle2::options
