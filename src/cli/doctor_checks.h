#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "options/resolve.h"

namespace dalle2::cli {

/// One finding of `dalle2 doctor`.
struct Finding {
  std::string name;                  // "processor"
  std::string detail;                // one line
  std::optional<ErrorKind> problem;  // essential and wrong
  bool warning = false;              // wrong, but pictures can be made
};

/// All checks, in the order of the report. Nothing in them throws.
std::vector<Finding> examine(const options::Invocation& invocation);

}  // namespace dalle2::cli
