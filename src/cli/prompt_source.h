#pragma once

#include <iosfwd>
#include <string>

namespace dalle2::cli {

/// The argument itself, or for "-" all of `in` without the line break at its end. Reads only a
/// little more than the longest prompt allowed. Throws Error(kUsage).
std::string read_prompt(const std::string& argument, std::istream& in);

}  // namespace dalle2::cli
