#pragma once

#include <span>
#include <string>

#include "options/option.h"

namespace dalle2::options {

/// An option, the text it was given, and where: "--steps", "DALLE2_STEPS", "config.toml:3: steps".
struct Assignment {
  const Option* option;
  std::string text;
  std::string origin;
};

/// Sets the fields in order, so that later assignments win. Throws Error(kUsage) naming the origin.
void apply_assignments(std::span<const Assignment> assignments, Settings& settings);

}  // namespace dalle2::options
