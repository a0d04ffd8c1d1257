#pragma once

#include <string>

#include "options/command.h"

namespace dalle2::options {

/// `dalle2 --help`: what there is and how to start.
std::string overview_help();

/// `dalle2 COMMAND --help`: usage, examples, options by group.
std::string command_help(Command command);

/// All of it as a manual page in roff, without the exit codes.
std::string man_page();

/// docs/flags.md without its table of exit codes, which the command line knows.
std::string flags_markdown();

}  // namespace dalle2::options
