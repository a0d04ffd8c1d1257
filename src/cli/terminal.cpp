#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace dalle2::cli {

Terminal decide_terminal(const options::UiOptions& ui, const options::Environment& environment,
                         bool is_terminal, int columns) {
  const bool capable = is_terminal && environment("TERM").value_or("dumb") != "dumb";
  Terminal terminal;
  terminal.progress = capable && !ui.quiet && ui.progress != "never";
  // https://no-color.org: any value that is not empty.
  terminal.color = capable && !ui.no_color && environment("NO_COLOR").value_or("").empty();
  if (columns > 0) terminal.columns = columns;
  return terminal;
}

ErrorStream error_stream() {
  winsize size{};
  const bool sized = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
  return {isatty(STDERR_FILENO) == 1, sized ? size.ws_col : 0};
}

Terminal error_terminal(const options::UiOptions& ui) {
  const ErrorStream stream = error_stream();
  return decide_terminal(ui, options::process_environment(), stream.is_terminal, stream.columns);
}

bool output_is_terminal() { return isatty(STDOUT_FILENO) == 1; }

}  // namespace dalle2::cli
