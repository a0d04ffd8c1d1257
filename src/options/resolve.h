#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "options/command.h"
#include "options/environment.h"
#include "options/settings.h"

namespace dalle2::options {

/// A command with everything it was told, from all sources.
struct Invocation {
  Command command = Command::kHelp;
  Settings settings;
  std::vector<std::filesystem::path> config_files;  // those that were read, strongest last
};

/// Flags beat variables, variables beat `--config FILE` or the project's `.dalle2.toml`, and those
/// beat the user's configuration file. Throws Error(kUsage).
Invocation resolve(std::span<const std::string> arguments, const Environment& environment,
                   const std::filesystem::path& folder);

}  // namespace dalle2::options
