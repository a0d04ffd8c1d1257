#include "options/check.h"

#include <limits>
#include <string>

#include "base/error.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

[[noreturn]] void fail(std::string_view origin, const std::string& reason) {
  throw Error(ErrorKind::kUsage, std::string(origin) + ": " + reason);
}

/// Length of the UTF-8 character at the start of `text`, 0 if it is none (overlong forms and
/// surrogates included).
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
  const bool beyond_unicode = lead == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond_unicode ? 0 : length;
}

void check_text(std::string_view text, std::string_view origin) {
  if (text.size() > kMaxPromptBytes) {
    fail(origin, "is " + std::to_string(text.size()) + " bytes long; at most " +
                     std::to_string(kMaxPromptBytes) + " are allowed");
  }
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text.substr(at));
    if (length == 0) {
      fail(origin, "is not valid UTF-8 at byte " + std::to_string(at + 1));
    }
    if (text[at] == '\0') fail(origin, "has a NUL at byte " + std::to_string(at + 1));
    at += length;
  }
}

}  // namespace

void check_prompt(std::string_view prompt, std::string_view origin) {
  if (prompt.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    fail(origin, "is empty; say what the picture should show");
  }
  check_text(prompt, origin);
}

void check_request(const GenerateRequest& request) {
  check_prompt(request.prompt, "prompt");
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
