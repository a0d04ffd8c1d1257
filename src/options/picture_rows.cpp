#include <algorithm>
#include <cctype>
#include <limits>

#include "options/bind.h"
#include "options/check.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

bool is_background(std::string_view text) {
  if (text == "auto" || text == "transparent" || text == "opaque") return true;
  return text.size() == 7 && text[0] == '#' &&
         std::all_of(text.begin() + 1, text.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
}

constexpr Command kPrompted = Command::kGenerate | Command::kBatch;
constexpr Command kMaking = kPrompted | kEditing;
constexpr Command kSampled = kMaking | Command::kBench;
constexpr Command kMakingMany = kPrompted | kEditingMany | Command::kBench;
// Not inpaint: what it keeps is kept exactly.
constexpr Command kWithBackground = kPrompted | Command::kVary | Command::kInterpolate |
                                    Command::kEdit | Command::kMix | Command::kGrid;
constexpr std::uint64_t kMaxSeed = std::numeric_limits<std::uint64_t>::max();

}  // namespace

std::vector<Option> picture_rows() {
  return {
      {.name = "count",
       .short_name = "n",
       .value_name = "N",
       .domain = Integer{1, 10000},
       .default_text = "1",
       .help = "how many pictures; picture i uses seed + i",
       .group = Group::kPicture,
       .commands = kMakingMany,
       .in_request = true,
       .binding = bind([](auto& s) -> auto& { return s.request.count; })},
      {.name = "seed",
       .value_name = "N",
       .domain = Integer{0, kMaxSeed},
       .default_text = "random, and reported; 0 for batch",
       .help = "the same seed and settings make the same picture",
       .group = Group::kPicture,
       .commands = kSampled,
       .in_request = true,
       .binding = {[](Settings& s, const Value& value) {
                     s.request.seed = std::get<std::uint64_t>(value);
                     s.seed_given = true;
                   },
                   [](const Settings& s) -> std::optional<Value> { return s.request.seed; }}},
      {.name = "decoder-seed",
       .value_name = "N",
       .domain = Integer{0, kMaxSeed},
       .default_text = "the seed",
       .help = "another noise for the decoder only: the same idea, drawn differently",
       .group = Group::kPicture,
       .commands = kMaking,
       .in_request = true,
       .binding = bind([](auto& s) -> auto& { return s.request.decoder_seed; })},
      {.name = "negative-prompt",
       .value_name = "TEXT",
       .domain = Text{kMaxPromptBytes},
       .default_text = "none",
       .help = "what the picture should not show; needs guidance above 1",
       .group = Group::kPicture,
       .commands = kMaking,
       .in_request = true,
       .binding = bind([](auto& s) -> auto& { return s.request.negative_prompt; })},
      {.name = "size",
       .value_name = "PIXELS",
       .domain = Integer{1, 4096},
       .default_text = "the model's",
       .help = "longer side of the picture; a model has one or some of 64, 256, 512 and 1024",
       .group = Group::kPicture,
       .commands = kSampled,
       .in_request = true,
       .binding = bind([](auto& s) -> auto& { return s.request.size; })},
      {.name = "background",
       .value_name = "COLOUR",
       .domain = Pattern{"auto, transparent, opaque or #rrggbb", is_background},
       .default_text = "auto",
       .help =
           "what is behind the subject; auto keeps what the model made, opaque puts white under it",
       .group = Group::kPicture,
       .commands = kWithBackground,
       .in_request = true,
       .binding = bind([](auto& s) -> auto& { return s.request.background; })},
      {.name = "best-of",
       .value_name = "N",
       .domain = Integer{1, 64},
       .default_text = "1",
       .help = "draw N pictures for each one kept; the one most like the prompt wins",
       .group = Group::kPicture,
       .commands = kPrompted,
       .in_request = true,
       .binding = bind([](auto& s) -> auto& { return s.request.best_of; })},
  };
}

}  // namespace dalle2::options
