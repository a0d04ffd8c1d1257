#include "cli/exit_code.h"

#include <algorithm>

namespace dalle2::cli {
namespace {

constexpr ExitCode kExitCodes[] = {
    {1, ErrorKind::kRuntime, "something else went wrong while running"},
    {2, ErrorKind::kUsage, "the command line, a setting, a prompt or an input file is wrong"},
    {3, ErrorKind::kModel, "the model is missing, corrupt, of another version, or not trusted"},
    {4, ErrorKind::kDevice, "the device is not available or out of memory"},
    {5, ErrorKind::kOutput, "an output exists already or cannot be written"},
    {6, ErrorKind::kPartial, "some entries of a batch failed"},
};

}  // namespace

std::span<const ExitCode> exit_codes() { return kExitCodes; }

int exit_code(ErrorKind kind) {
  const auto row = std::ranges::find(kExitCodes, kind, &ExitCode::kind);
  return row == std::end(kExitCodes) ? 1 : row->code;
}

std::string exit_codes_man() {
  std::string out = ".SH EXIT STATUS\n.TP\n0\nall done\n";
  for (const ExitCode& row : kExitCodes) {
    out += ".TP\n" + std::to_string(row.code) + "\n" + std::string(row.meaning) + "\n";
  }
  return out + ".TP\n130, 143\nstopped by Ctrl\\-C or SIGTERM\n";
}

std::string exit_codes_markdown() {
  std::string out = "\n## Exit codes\n\n| Code | Meaning |\n|---|---|\n| 0 | all done |\n";
  for (const ExitCode& row : kExitCodes) {
    out += "| " + std::to_string(row.code) + " | " + std::string(row.meaning) + " |\n";
  }
  return out +
         "| 130, 143 | stopped by Ctrl-C or SIGTERM (the signal is raised again); pictures that "
         "were finished are whole |\n";
}

}  // namespace dalle2::cli
