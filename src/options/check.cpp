#include "options/check.h"

#include <limits>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

[[noreturn]] void fail(std::string_view origin, const std::string& reason) {
  throw Error(ErrorKind::kUsage, std::string(origin) + ": " + reason);
}

void check_text(std::string_view text, std::string_view origin) {
  if (text.size() > kMaxPromptBytes) {
    fail(origin, "is " + std::to_string(text.size()) + " bytes long; at most " +
                     std::to_string(kMaxPromptBytes) + " are allowed");
  }
  if (const auto at = find_invalid_utf8(text)) {
    fail(origin, "is not valid UTF-8 at byte " + std::to_string(*at + 1));
  }
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    fail(origin, "has a NUL at byte " + std::to_string(nul + 1));
  }
}

}  // namespace

void check_prompt(std::string_view prompt, std::string_view origin) {
  if (prompt.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    fail(origin, "is empty; say what the picture should show");
  }
  check_text(prompt, origin);
}

void check_request(const GenerateRequest& request, PromptRule rule) {
  if (rule == PromptRule::kRequired || !request.prompt.empty()) {
    check_prompt(request.prompt, "prompt");
  }
  check_text(request.negative_prompt, "--negative-prompt");
  Settings settings;
  settings.request = request;
  for (const Option& option : option_table()) {
    if (!option.in_request) continue;
    if (const auto value = option.binding.get(settings)) {
      check_value(option.domain, *value, option.flag());
    }
  }
  if (request.guidance_from.value_or(0.0) > request.guidance_until.value_or(1.0)) {
    fail("--guidance-from", "is after --guidance-until");
  }
  const auto last = static_cast<std::uint64_t>(request.count) - 1;
  if (request.seed > std::numeric_limits<std::uint64_t>::max() - last) {
    fail("--seed", "picture i uses seed + i, which goes past the largest seed");
  }
}

}  // namespace dalle2::options
