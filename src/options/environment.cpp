#include "options/environment.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include <unistd.h>

#include "options/table.h"

namespace dalle2::options {
namespace {

/// Read by other parts of the project than the option table.
constexpr std::string_view kOtherVariables[] = {"DALLE2_MODELS", "DALLE2_BINARY", "DALLE2_LIBTORCH",
                                                "DALLE2_WORK"};

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

std::vector<Assignment> environment_assignments(Command command, const Environment& environment) {
  std::vector<Assignment> assignments;
  for (const Option* option : options_of(command)) {
    if (option->sources == Sources::kCommandLine) continue;
    const std::string variable = option->variable();
    const auto text = environment(variable);
    if (text && !text->empty()) assignments.push_back({option, *text, variable});
  }
  return assignments;
}

std::vector<std::string> unknown_variables() {
  std::vector<std::string> unknown;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const std::string_view name = line.substr(0, line.find('='));
    if (!name.starts_with("DALLE2_")) continue;
    bool known = std::ranges::find(kOtherVariables, name) != std::end(kOtherVariables);
    for (const Option& option : option_table()) {
      known = known || (option.sources != Sources::kCommandLine && option.variable() == name);
    }
    if (!known) unknown.emplace_back(name);
  }
  return unknown;
}

}  // namespace dalle2::options
