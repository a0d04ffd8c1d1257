#include "cli/shard.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace dalle2::cli {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::kUsage, message); }

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The variable as a number; `fallback` when it is not set.
std::uint64_t variable(const options::Environment& environment, const std::string& name,
                       std::uint64_t fallback) {
  const auto text = environment(name);
  if (!text || text->empty()) return fallback;
  if (const auto number = whole_number(*text)) return *number;
  fail("--shard auto: " + name + " is '" + *text + "', not a whole number");
}

/// How a scheduler numbers the tasks of a job.
struct Scheduler {
  const char* id;     // variable that is there in each task
  const char* first;  // of the lowest id; null: 0
  const char* step;   // between ids; null: 1
  const char* count;  // of tasks; null: --shard-count
};

constexpr Scheduler kSchedulers[] = {
    {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP",
     "SLURM_ARRAY_TASK_COUNT"},
    {"JOB_COMPLETION_INDEX", nullptr, nullptr, nullptr},
};

Shard scheduled(std::uint64_t shard_count, const options::Environment& environment) {
  for (const Scheduler& row : kSchedulers) {
    const auto id_text = environment(row.id);
    if (!id_text || id_text->empty()) continue;
    const std::uint64_t id = variable(environment, row.id, 0);
    const std::uint64_t first = row.first ? variable(environment, row.first, 0) : 0;
    const std::uint64_t step = row.step ? variable(environment, row.step, 1) : 1;
    const std::uint64_t count =
        row.count ? variable(environment, row.count, shard_count) : shard_count;
    if (count == 0) {
      fail("--shard auto: " + std::string(row.id) +
           " says which task this is, but not of how many; "
           "give --shard-count");
    }
    if (step == 0 || id < first || (id - first) / step >= count) {
      fail("--shard auto: " + std::string(row.id) + " is " + std::to_string(id) +
           ", which is not one of " + std::to_string(count) + " tasks from " +
           std::to_string(first) + " on");
    }
    return {(id - first) / step, count};
  }
  fail(
      "--shard auto: this is neither a task of a Slurm array (SLURM_ARRAY_TASK_ID) nor of an "
      "indexed Kubernetes job (JOB_COMPLETION_INDEX); give --shard I/N");
}

}  // namespace

Shard parse_shard(const std::string& text, std::uint64_t shard_count,
                  const options::Environment& environment) {
  if (text.empty()) return {};
  if (text == "auto") return scheduled(shard_count, environment);
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto index = whole_number(std::string_view(text).substr(0, slash));
  const auto count =
      slash < text.size() ? whole_number(std::string_view(text).substr(slash + 1)) : std::nullopt;
  if (!index || !count || *index == 0 || *index > *count) {
    fail("--shard: '" + text + "' is not I/N with I from 1 to N, such as 1/4, nor auto");
  }
  return {*index - 1, *count};
}

}  // namespace dalle2::cli
