#pragma once

#include <string_view>
#include <utility>

#include "base/error.h"

namespace dalle2::model {

/// Error(kDevice) when the device or the computer has no memory left: fewer pictures at once may
/// fit.
class OutOfMemory : public Error {
 public:
  explicit OutOfMemory(std::string_view doing);
};

/// In a catch block: throws the current exception again, LibTorch's own as an Error: OutOfMemory,
/// kDevice for CUDA's, `otherwise` for the rest. `doing` begins the message, such as "the prior".
[[noreturn]] void rethrow_torch_error(std::string_view doing,
                                      ErrorKind otherwise = ErrorKind::kRuntime);

/// Calls `work` and translates what it throws. Wrap whatever calls LibTorch outside of a network.
template <typename Work>
decltype(auto) translating_torch_errors(std::string_view doing, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (...) {
    rethrow_torch_error(doing);
  }
}

}  // namespace dalle2::model
