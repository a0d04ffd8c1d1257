#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "options/assignment.h"

namespace dalle2::options {

/// Looks up an environment variable. Tests pass their own.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The one of this process.
Environment process_environment();

/// DALLE2_* variables of the options of `command`; empty ones count as unset.
std::vector<Assignment> environment_assignments(Command command, const Environment& environment);

/// Variables of this process that start with DALLE2_ and belong to no option: likely misspelt.
std::vector<std::string> unknown_variables();

}  // namespace dalle2::options
