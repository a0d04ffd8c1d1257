#pragma once

#include <cstdint>
#include <string>

#include "options/environment.h"

namespace dalle2::cli {

/// One of `count` equal parts of a batch: every count-th prompt.
struct Shard {
  std::uint64_t index = 0;  // from 0
  std::uint64_t count = 1;

  bool has(std::uint64_t entry) const { return entry % count == index; }
  bool is_whole() const { return count == 1; }
};

/// "2/8" is the second of eight; "" is all. "auto" asks the job scheduler: Slurm's job arrays
/// (SLURM_ARRAY_TASK_ID, _MIN, _STEP, _COUNT), or Kubernetes' indexed jobs (JOB_COMPLETION_INDEX)
/// with `shard_count` (0: not given). Throws Error(kUsage).
Shard parse_shard(const std::string& text, std::uint64_t shard_count,
                  const options::Environment& environment);

}  // namespace dalle2::cli
