#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dalle2::options {

/// " (did you mean 'steps'?)" with the name that needs the fewest typing errors, or "" when none is
/// near.
std::string suggestion(std::string_view typed, std::span<const std::string> names);

}  // namespace dalle2::options
