#include "options/bind.h"
#include "options/table.h"

namespace dalle2::options {

std::vector<Option> interface_rows() {
  constexpr Command kWorking = Command::kGenerate | Command::kBatch | kEditing | Command::kGrid |
                               Command::kScore | Command::kReplay | Command::kInfo |
                               Command::kModels | Command::kBench | Command::kDoctor;
  // A walk is told by its animation.
  constexpr Command kShowing = Command::kGenerate | Command::kVary | Command::kEdit |
                               Command::kMix | Command::kInpaint | Command::kReplay;
  return {
      {.name = "config",
       .value_name = "FILE",
       .domain = Text{},
       .default_text = ".dalle2.toml in this folder or above",
       .help = "read settings from this file",
       .group = Group::kInterface,
       .commands = kWorking,
       .sources = Sources::kNotFiles,
       .binding = bind([](auto& s) -> auto& { return s.config; })},
      {.name = "json",
       .help = "one JSON object for each result on standard output",
       .group = Group::kInterface,
       .commands = kWorking,
       .binding = bind([](auto& s) -> auto& { return s.ui.json; })},
      {.name = "quiet",
       .short_name = "q",
       .help = "say nothing but errors",
       .group = Group::kInterface,
       .commands = kWorking,
       .binding = bind([](auto& s) -> auto& { return s.ui.quiet; })},
      {.name = "verbose",
       .short_name = "v",
       .help = "say what runs where and how long it takes",
       .group = Group::kInterface,
       .commands = kWorking,
       .binding = bind([](auto& s) -> auto& { return s.ui.verbose; })},
      {.name = "progress",
       .value_name = "WHEN",
       .domain = Choice{{"auto", "never"}},
       .default_text = "auto",
       .help = "progress bar; auto shows it on a terminal only",
       .group = Group::kInterface,
       .commands =
           Command::kGenerate | Command::kBatch | kEditing | Command::kReplay | Command::kBench,
       .binding = bind([](auto& s) -> auto& { return s.ui.progress; })},
      {.name = "preview",
       .value_name = "HOW",
       .domain = Choice{{"auto", "kitty", "iterm", "sixel", "blocks", "off"}},
       .default_text = "off; auto when no HOW is given",
       .implied = "auto",
       .help = "show finished pictures in the terminal, by what it can; auto does so on a terminal "
               "only",
       .group = Group::kInterface,
       .commands = kShowing,
       .binding = bind([](auto& s) -> auto& { return s.ui.preview; })},
      {.name = "no-color",
       .help = "no colours; so does a NO_COLOR variable",
       .group = Group::kInterface,
       .commands = kWorking,
       .binding = bind([](auto& s) -> auto& { return s.ui.no_color; })},
      {.name = "help",
       .short_name = "h",
       .help = "show the help of a command",
       .group = Group::kInterface,
       .commands = Command::kAll,
       .sources = Sources::kCommandLine,
       .binding = bind([](auto& s) -> auto& { return s.ui.help; })},
      {.name = "man",
       .help = "all commands and options as a manual page",
       .group = Group::kInterface,
       .commands = Command::kHelp,
       .sources = Sources::kCommandLine,
       .binding = bind([](auto& s) -> auto& { return s.ui.man; })},
      {.name = "markdown",
       .help = "the whole table of options, as docs/flags.md",
       .group = Group::kInterface,
       .commands = Command::kHelp,
       .sources = Sources::kCommandLine,
       .hidden = true,
       .binding = bind([](auto& s) -> auto& { return s.ui.markdown; })},
  };
}

}  // namespace dalle2::options
