#include "options/option.h"

#include <algorithm>
#include <cctype>

namespace dalle2::options {
namespace {

std::string with_underscores(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '-', '_');
  return out;
}

}  // namespace

std::string_view to_string(Group group) {
  switch (group) {
    case Group::kPicture:
      return "Picture";
    case Group::kSampling:
      return "Sampling";
    case Group::kOutput:
      return "Output";
    case Group::kBatch:
      return "Batch";
    case Group::kEngine:
      return "Model and device";
    case Group::kInterface:
      return "Interface";
  }
  return "";
}

std::string Option::flag() const { return "--" + std::string(name); }

std::string Option::usage() const {
  if (is_flag()) return flag();
  const std::string value(value_name);
  return flag() + (implied.empty() ? " " + value : "[=" + value + "]");
}

std::string Option::variable() const {
  std::string out = "DALLE2_" + with_underscores(name);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

std::string Option::json_key() const { return with_underscores(name); }

}  // namespace dalle2::options
