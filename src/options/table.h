#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "options/option.h"

namespace dalle2::options {

/// Every option of every command, in the order of the help.
std::span<const Option> option_table();

/// The option called `name` (without dashes), or null.
const Option* find_option(std::string_view name);

/// The options of one command.
std::vector<const Option*> options_of(Command command);

// The rows by subject; option_table() joins them.
std::vector<Option> picture_rows();
std::vector<Option> edit_rows();
std::vector<Option> sampling_rows();
std::vector<Option> output_rows();
std::vector<Option> batch_rows();
std::vector<Option> engine_rows();
std::vector<Option> interface_rows();

}  // namespace dalle2::options
