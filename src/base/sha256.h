#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"

namespace dalle2 {

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// The same of a file of any size, read in pieces. Throws Error(kind) if it cannot be read.
std::string sha256_hex_of_file(const std::filesystem::path& path, ErrorKind kind);

}  // namespace dalle2
