#pragma once

#include "dalle2/error.h"  // IWYU pragma: export

namespace dalle2 {

/// Rethrows the exception being handled as Error, prefixed with `context` and of its own kind;
/// exceptions that are not Error become kRuntime. Call inside a catch block.
[[noreturn]] void rethrow_with_context(const std::string& context);

}  // namespace dalle2
