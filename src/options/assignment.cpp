#include "options/assignment.h"

namespace dalle2::options {

void apply_assignments(std::span<const Assignment> assignments, Settings& settings) {
  for (const Assignment& assignment : assignments) {
    const Option& option = *assignment.option;
    option.binding.set(settings, parse_value(option.domain, assignment.text, assignment.origin));
  }
}

}  // namespace dalle2::options
