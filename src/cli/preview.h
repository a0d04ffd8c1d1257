#pragma once

#include <string>

#include "cli/terminal.h"
#include "dalle2/picture.h"
#include "options/environment.h"
#include "options/settings.h"

namespace dalle2::cli {

/// How finished pictures are shown on standard error.
struct Preview {
  std::string (*draw)(const Picture& picture, const Preview& preview) = nullptr;  // null: not
  int columns = 80;                                                               // of the terminal
  bool true_color = false;  // else the 256 colours of xterm
};

/// From --preview: a protocol by its name, whatever is there; `auto` takes what the terminal can by
/// its variables, and nothing where standard error is none.
Preview decide_preview(const std::string& name, const options::Environment& environment,
                       bool is_terminal, int columns);

/// decide_preview() for this process.
Preview error_preview(const options::UiOptions& ui);

}  // namespace dalle2::cli
