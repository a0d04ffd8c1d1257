#include "base/log.h"

#include <atomic>
#include <cstdio>
#include <string>

namespace dalle2 {
namespace {

std::atomic<LogLevel> threshold = LogLevel::kInfo;

std::string_view prefix(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return "dalle2: ";
    case LogLevel::kWarning:
      return "dalle2: warning: ";
    case LogLevel::kInfo:
      return "";
    case LogLevel::kDebug:
      return "dalle2: debug: ";
  }
  return "";
}

}  // namespace

void set_log_level(LogLevel level) noexcept { threshold = level; }

void log(LogLevel level, std::string_view message) {
  if (level > threshold) return;
  std::string line(prefix(level));
  line.append(message).append("\n");
  // One call, so that lines of several threads do not mix.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace dalle2
