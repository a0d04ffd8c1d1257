#pragma once

#include "options/environment.h"
#include "options/settings.h"

namespace dalle2::cli {

/// What may be drawn on standard error.
struct Terminal {
  bool progress = false;  // moving lines
  bool color = false;
  int columns = 80;
};

/// What standard error is.
struct ErrorStream {
  bool is_terminal = false;
  int columns = 0;  // 0: not known
};

ErrorStream error_stream();

/// From the options, NO_COLOR, TERM and whether standard error is a terminal.
Terminal decide_terminal(const options::UiOptions& ui, const options::Environment& environment,
                         bool is_terminal, int columns);

/// decide_terminal() for this process.
Terminal error_terminal(const options::UiOptions& ui);

bool output_is_terminal();

}  // namespace dalle2::cli
