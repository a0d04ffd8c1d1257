#include "options/bind.h"
#include "options/table.h"

namespace dalle2::options {

std::vector<Option> batch_rows() {
  constexpr Command kBatch = Command::kBatch;
  return {
      {.name = "out-dir",
       .value_name = "DIR",
       .domain = Text{},
       .default_text = "this folder",
       .help = "where pictures and manifest go; made if it is not there",
       .group = Group::kBatch,
       .commands = kBatch,
       .binding = bind([](auto& s) -> auto& { return s.batch.out_dir; })},
      {.name = "name",
       .value_name = "TEMPLATE",
       .domain = Text{},
       .default_text = "{index:05}-{slug}-{seed}",
       .help =
           "file names, made from {index} of the prompt, {number} of its pictures, {seed}, {id} "
           "and {slug}",
       .group = Group::kBatch,
       .commands = kBatch,
       .binding = bind([](auto& s) -> auto& { return s.batch.name; })},
      {.name = "shard",
       .value_name = "I/N|auto",
       .domain = Text{},
       .default_text = "all",
       .help = "make only the I-th of N equal parts; auto takes both from Slurm's array or "
               "Kubernetes' indexed job",
       .group = Group::kBatch,
       .commands = kBatch,
       .binding = bind([](auto& s) -> auto& { return s.batch.shard; })},
      {.name = "shard-count",
       .value_name = "N",
       .domain = Integer{1, 1'000'000},
       .default_text = "the scheduler's",
       .help = "how many parts there are, where --shard auto finds only which",
       .group = Group::kBatch,
       .commands = kBatch,
       .binding = bind([](auto& s) -> auto& { return s.batch.shard_count; })},
      {.name = "resume",
       .help = "go on with an earlier run: leave pictures that are there, whole and of these "
               "settings",
       .group = Group::kBatch,
       .commands = kBatch,
       .binding = bind([](auto& s) -> auto& { return s.batch.resume; })},
      {.name = "keep-going",
       .short_name = "k",
       .help = "record what fails in the manifest and go on with the rest",
       .group = Group::kBatch,
       .commands = kBatch,
       .binding = bind([](auto& s) -> auto& { return s.batch.keep_going; })},
  };
}

}  // namespace dalle2::options
