#pragma once

#include <string_view>

#include "dalle2/request.h"

namespace dalle2::options {

inline constexpr std::size_t kMaxPromptBytes = 16 * 1024;

/// Throws Error(kUsage) for an empty, overlong or not UTF-8 prompt; `origin` names it.
void check_prompt(std::string_view prompt, std::string_view origin);

/// Whether a request may do without a prompt, as those that start from a picture can.
enum class PromptRule { kRequired, kOptional };

/// Every field of the request against the range in the option table, and the prompts.
/// Throws Error(kUsage) naming the flag.
void check_request(const GenerateRequest& request, PromptRule rule = PromptRule::kRequired);

}  // namespace dalle2::options
