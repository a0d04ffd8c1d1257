#include <algorithm>
#include <cctype>

#include "options/bind.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

bool is_device(std::string_view text) {
  if (text == "auto" || text == "cpu" || text == "cuda") return true;
  if (!text.starts_with("cuda:") || text.size() < 6 || text.size() > 8) return false;
  return std::all_of(text.begin() + 5, text.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

constexpr Command kRunning = Command::kGenerate | Command::kBatch | kEditing | Command::kBench;
constexpr Command kLoading = kRunning | Command::kScore | Command::kReplay;

}  // namespace

std::vector<Option> engine_rows() {
  return {
      {.name = "model",
       .short_name = "m",
       .value_name = "NAME|DIR",
       .domain = Text{},
       .default_text = "the one that is installed",
       .help = "model package, by name or folder; `dalle2 models list` shows them",
       .group = Group::kEngine,
       .commands = kLoading | Command::kDoctor,
       .binding = bind([](auto& s) -> auto& { return s.generator.model; })},
      {.name = "device",
       .value_name = "NAME",
       .domain = Pattern{"auto, cpu, cuda or cuda:N", is_device},
       .default_text = "auto",
       .help = "where the networks run; auto takes a GPU if there is one",
       .group = Group::kEngine,
       .commands = kLoading | Command::kDoctor,
       .binding = bind([](auto& s) -> auto& { return s.generator.device; })},
      {.name = "dtype",
       .value_name = "NAME",
       .domain = Choice{{"auto", "float32", "bfloat16", "float16"}},
       .default_text = "auto",
       .help = "numbers the networks compute with; auto takes what is fast on the device",
       .group = Group::kEngine,
       .commands = kLoading,
       .binding = bind([](auto& s) -> auto& { return s.generator.dtype; })},
      {.name = "threads",
       .value_name = "N",
       .domain = Integer{0, 1024},
       .default_text = "0, one a core",
       .help = "processor threads",
       .group = Group::kEngine,
       .commands = kLoading,
       .binding = bind([](auto& s) -> auto& { return s.generator.threads; })},
      {.name = "max-batch",
       .value_name = "N",
       .domain = Integer{1, 1024},
       .default_text = "16",
       .help = "pictures drawn at once; fewer need less memory",
       .group = Group::kEngine,
       .commands = kLoading,
       .binding = bind([](auto& s) -> auto& { return s.generator.max_batch; })},
      {.name = "deterministic",
       .help = "the same bits whatever the batch: pictures are drawn one by one",
       .group = Group::kEngine,
       .commands = kLoading,
       .binding = bind([](auto& s) -> auto& { return s.generator.deterministic; })},
      {.name = "low-memory",
       .help = "hold one network in memory at a time",
       .group = Group::kEngine,
       .commands = kLoading,
       .binding = bind([](auto& s) -> auto& { return s.generator.low_memory; })},
      {.name = "trust",
       .help =
           "from now on, run the code in this model package; needed once for a package that was "
           "not installed with the program",
       .group = Group::kEngine,
       .commands = kLoading,
       .sources = Sources::kCommandLine,
       .binding = bind([](auto& s) -> auto& { return s.generator.trust; })},
      {.name = "repeats",
       .value_name = "N",
       .domain = Integer{1, 100},
       .default_text = "3",
       .help = "timed runs after the warm-up; the fastest counts",
       .group = Group::kEngine,
       .commands = Command::kBench,
       .binding = bind([](auto& s) -> auto& { return s.bench.repeats; })},
  };
}

}  // namespace dalle2::options
