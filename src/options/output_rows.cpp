#include "options/bind.h"
#include "options/table.h"

namespace dalle2::options {

std::vector<Option> output_rows() {
  constexpr Command kMaking = Command::kGenerate | kEditing | Command::kReplay;
  constexpr Command kWriting = kMaking | Command::kGrid;
  constexpr Command kEncoding = kWriting | Command::kBatch;
  return {
      {.name = "output",
       .short_name = "o",
       .value_name = "FILE|DIR|-",
       .domain = Text{},
       .default_text = "a name made from prompt and seed, here",
       .help = "where the picture goes; several pictures get numbers; - is standard output",
       .group = Group::kOutput,
       .commands = kWriting,
       .binding = bind([](auto& s) -> auto& { return s.output.target; })},
      {.name = "format",
       .value_name = "NAME",
       .domain = Choice{{"png", "jpeg", "webp"}},
       .default_text = "from the file name, else png",
       .help = "kind of picture file",
       .group = Group::kOutput,
       .commands = kEncoding,
       .binding = bind([](auto& s) -> auto& { return s.output.format; })},
      {.name = "quality",
       .value_name = "N",
       .domain = Integer{1, 100},
       .default_text = "92",
       .help = "of JPEG and WebP; 100 makes WebP lossless",
       .group = Group::kOutput,
       .commands = kEncoding,
       .binding = bind([](auto& s) -> auto& { return s.output.quality; })},
      {.name = "if-exists",
       .value_name = "WHAT",
       .domain = Choice{{"error", "skip", "rename", "overwrite"}},
       .default_text = "error",
       .help = "what to do when a picture's file is there already",
       .group = Group::kOutput,
       .commands = kEncoding,
       .binding = bind([](auto& s) -> auto& { return s.output.if_exists; })},
      {.name = "force",
       .short_name = "f",
       .help = "the same as --if-exists overwrite",
       .group = Group::kOutput,
       .commands = kEncoding,
       .sources = Sources::kCommandLine,
       .binding = {[](Settings& s, const Value& value) {
                     if (std::get<bool>(value)) s.output.if_exists = "overwrite";
                   },
                   [](const Settings& s) -> std::optional<Value> {
                     return Value(s.output.if_exists == "overwrite");
                   }}},
      {.name = "no-metadata",
       .help = "leave prompt and settings out of the file",
       .group = Group::kOutput,
       .commands = kMaking | Command::kBatch,
       .binding = bind([](auto& s) -> auto& { return s.output.no_metadata; })},
      {.name = "save-steps",
       .value_name = "DIR",
       .domain = Text{},
       .default_text = "none",
       .help = "a folder for PNGs of what the decoder expects to draw, one a step",
       .group = Group::kOutput,
       .commands = Command::kGenerate,
       .binding = bind([](auto& s) -> auto& { return s.output.save_steps; })},
      {.name = "columns",
       .value_name = "N",
       .domain = Integer{0, 1000},
       .default_text = "0, as square as possible",
       .help = "pictures in a row of the sheet",
       .group = Group::kOutput,
       .commands = Command::kGrid,
       .binding = bind([](auto& s) -> auto& { return s.sheet.columns; })},
      {.name = "gap",
       .value_name = "PIXELS",
       .domain = Integer{0, 1024},
       .default_text = "8",
       .help = "between the pictures of the sheet, and around them",
       .group = Group::kOutput,
       .commands = Command::kGrid,
       .binding = bind([](auto& s) -> auto& { return s.sheet.gap; })},
  };
}

}  // namespace dalle2::options
