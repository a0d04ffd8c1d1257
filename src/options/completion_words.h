#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "options/command.h"
#include "options/option.h"

namespace dalle2::options {

/// Values that complete an option; none for numbers, texts and file names.
std::vector<std::string_view> value_words(const Option& option);

/// Words that complete a command's argument, such as list and verify.
std::vector<std::string_view> argument_words(const CommandSpec& command);

/// Joined by spaces.
std::string joined(const std::vector<std::string_view>& words);

/// "'it'\''s'": one word of a POSIX shell.
std::string shell_quoted(std::string_view text);

}  // namespace dalle2::options
