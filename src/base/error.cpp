#include "base/error.h"

#include <utility>

namespace dalle2 {

Error::Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

void rethrow_with_context(const std::string& context) {
  try {
    throw;
  } catch (const Error& error) {
    throw Error(error.kind(), context + ": " + error.what());
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kRuntime, context + ": " + error.what());
  }
}

}  // namespace dalle2
