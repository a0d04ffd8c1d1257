#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

/// Reading whole files, and writing them so that a name never stands for half a file.
namespace dalle2 {

inline constexpr std::size_t kAnySize = std::numeric_limits<std::size_t>::max();

/// All bytes of a file or pipe. Throws Error(kind) if it cannot be read or is larger than
/// `max_bytes`, without having read more than that.
std::string read_file(const std::filesystem::path& path, ErrorKind kind,
                      std::size_t max_bytes = kAnySize);

/// All of standard input. Throws Error(kUsage) as read_file does.
std::string read_standard_input(std::size_t max_bytes);

/// A text that a person wrote, without its byte order mark. Throws Error(kUsage) if it cannot be
/// read, is larger than `max_bytes`, or is not UTF-8 ("file:line: …").
std::string read_text(const std::filesystem::path& path, std::size_t max_bytes);

/// What to do when the output is there already.
enum class IfExists {
  kError,      // throw
  kSkip,       // leave it alone and write nothing
  kRename,     // write "fox-1.png" or the first such name that is free
  kOverwrite,  // replace it, in one step; a symbolic link is followed
};

/// Throws Error(kUsage) for a name other than error, skip, rename, overwrite.
IfExists parse_if_exists(std::string_view name);

/// Writes a file beside its final place, syncs it, then gives it its name in one step, so that
/// readers, crashes and other writers see all of it or nothing. Never replaces a file unless told
/// to, even if it appeared a moment ago. Returns the name used; empty when skipped.
/// Throws Error(kOutput).
std::optional<std::filesystem::path> write_file(const std::filesystem::path& path,
                                                std::string_view bytes, IfExists if_exists);

/// Makes a folder and those above it. Throws Error(kOutput).
void make_folders(const std::filesystem::path& folder);

/// Tries it: throws Error(kOutput) unless files can be made in `folder` ("" is the current one).
/// Nothing is left behind.
void require_writable_folder(const std::filesystem::path& folder);

}  // namespace dalle2
