#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace dalle2::cli {

/// A row of the table of exit codes. Cancellation has none: the signal is raised again.
struct ExitCode {
  int code;
  ErrorKind kind;
  std::string_view meaning;
};

inline constexpr int kSuccess = 0;

std::span<const ExitCode> exit_codes();

/// 1 for kinds without a row.
int exit_code(ErrorKind kind);

/// The table for the manual page.
std::string exit_codes_man();

/// The table for docs/flags.md.
std::string exit_codes_markdown();

}  // namespace dalle2::cli
