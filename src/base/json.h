#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace dalle2 {

using Json = nlohmann::json;

/// Parses one JSON value. Throws Error(kind) "`origin`:line:column: reason"; `origin` is a file or
/// whatever else the user knows the text by. A key that is given twice is an error too, because one
/// of the two values would be lost unnoticed.
Json parse_json(std::string_view text, std::string_view origin, ErrorKind kind);

/// The JSON file at `path`, of at most `max_bytes`. Throws Error(kind).
Json read_json(const std::filesystem::path& path, ErrorKind kind, std::size_t max_bytes);

}  // namespace dalle2
