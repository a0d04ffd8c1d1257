#include "options/table.h"

#include <algorithm>
#include <iterator>

namespace dalle2::options {

std::span<const Option> option_table() {
  static const std::vector<Option> table = [] {
    std::vector<Option> rows;
    for (auto make : {picture_rows, edit_rows, sampling_rows, output_rows, batch_rows, engine_rows,
                      interface_rows}) {
      std::ranges::move(make(), std::back_inserter(rows));
    }
    return rows;
  }();
  return table;
}

const Option* find_option(std::string_view name) {
  const auto table = option_table();
  const auto row = std::ranges::find(table, name, &Option::name);
  return row == table.end() ? nullptr : &*row;
}

std::vector<const Option*> options_of(Command command) {
  std::vector<const Option*> rows;
  for (const Option& option : option_table()) {
    if (contains(option.commands, command)) rows.push_back(&option);
  }
  return rows;
}

}  // namespace dalle2::options
