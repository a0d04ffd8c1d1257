#pragma once

#include <string_view>

namespace dalle2::cli {

/// Writes to standard output at once. Throws Error(kOutput) when that fails, as on a full disk.
void print(std::string_view bytes);

}  // namespace dalle2::cli
