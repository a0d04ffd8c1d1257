#pragma once

#include <string_view>
#include <vector>

namespace dalle2::text {

/// Throws Error(kUsage) naming the first byte that is not UTF-8.
void require_utf8(std::string_view prompt);

/// The parts of a valid prompt between Unicode white space, as views into it.
std::vector<std::string_view> words_of(std::string_view prompt);

}  // namespace dalle2::text
