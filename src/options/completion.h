#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dalle2::options {

/// A shell for which the option table can be written as a completion script.
struct Shell {
  std::string_view name;
  std::string (*script)();
};

std::span<const Shell> shells();

// The scripts, for shells().
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace dalle2::options
