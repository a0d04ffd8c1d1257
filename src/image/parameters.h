#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dalle2::image {

/// How a picture was made, in the text form that AUTOMATIC1111's web UI stores under the key
/// `parameters` and that most picture managers read.
struct Parameters {
  std::string prompt;
  std::string negative_prompt;
  std::vector<std::pair<std::string, std::string>> settings;  // such as Steps: 20, in order

  bool operator==(const Parameters&) const = default;
};

/// `prompt\nNegative prompt: …\nSteps: 20, Sampler: …`. Empty parts are left out; a value with a
/// comma, colon, quote or line break is JSON-quoted.
std::string format_parameters(const Parameters& parameters);

/// Reads what format_parameters or the web UI wrote. Text without a settings line is all prompt.
Parameters parse_parameters(std::string_view text);

}  // namespace dalle2::image
