#pragma once

#include <string_view>

namespace dalle2 {

enum class LogLevel { kError, kWarning, kInfo, kDebug };

/// Messages above this level are dropped. kInfo at start.
void set_log_level(LogLevel level) noexcept;

/// Writes "dalle2: warning: message\n" (kInfo: "message\n") to standard error, whole lines from
/// several threads. Only programs log; the library tells its caller through callbacks and Error.
void log(LogLevel level, std::string_view message);

}  // namespace dalle2
