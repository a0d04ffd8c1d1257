#pragma once

#include <exception>
#include <string>

namespace dalle2 {

/// What went wrong, in the terms of the one who has to act on it.
enum class ErrorKind {
  kRuntime,    // anything else
  kUsage,      // a bad argument, prompt or input file
  kModel,      // a package that is missing, corrupt, of another version, or untrusted
  kDevice,     // a device that is unavailable or out of memory
  kOutput,     // an output that exists or cannot be written
  kPartial,    // a batch of which some entries failed
  kCancelled,  // stopped on request; what was finished is whole
};

/// The one exception of this library. `what()` names the flag, file or line at fault and says what
/// to do; it has no trailing full stop or newline.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message);

  ErrorKind kind() const noexcept { return kind_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorKind kind_;
  std::string message_;
};

}  // namespace dalle2
