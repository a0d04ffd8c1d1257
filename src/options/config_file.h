#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options/assignment.h"
#include "options/environment.h"

namespace dalle2::options {

/// One `key = value` line of a configuration file.
struct ConfigEntry {
  std::string section;  // command name, or empty before the first [section]
  std::string key;
  std::string text;
  int line;
};

/// Reads the part of TOML that settings need: `# comments`, `[sections]`, and `key = value` with
/// strings, numbers and booleans. Throws Error(kUsage) with `origin`:line.
std::vector<ConfigEntry> parse_config(std::string_view text, std::string_view origin);

/// The entries that `command` understands. Keys are option names; those in a section named after a
/// command count for that command only. Throws Error(kUsage) with file:line for keys and sections
/// that nobody knows and for options that files may not set.
std::vector<Assignment> config_assignments(Command command, const std::filesystem::path& file);

/// `.dalle2.toml` in this folder or the nearest one above it.
std::optional<std::filesystem::path> find_project_config(const std::filesystem::path& folder);

/// `$XDG_CONFIG_HOME/dalle2/config.toml`, or below `~/.config`; only if it exists.
std::optional<std::filesystem::path> find_user_config(const Environment& environment);

}  // namespace dalle2::options
