#pragma once

#include <string_view>

namespace dalle2 {

/// Version of this program, such as "0.1.0".
std::string_view version();

}  // namespace dalle2
