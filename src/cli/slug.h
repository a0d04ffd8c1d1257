#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dalle2::cli {

/// The prompt as part of a file name: lower-case ASCII letters and digits with single dashes, at
/// most 48 bytes; "picture" when nothing is left.
std::string slug(std::string_view prompt);

}  // namespace dalle2::cli
