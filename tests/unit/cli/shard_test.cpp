#include "cli/shard.h"

#include <map>

#include <gmock/gmock.h>

#include "unit/expect_error.h"

namespace dalle2::cli {
namespace {

using testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

Shard shard_in(const Variables& variables, std::uint64_t count = 0,
               const std::string& text = "auto") {
  return parse_shard(text, count, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(Shard, IsEverythingUnlessSaidOtherwise) {
  const Shard shard = shard_in({}, 0, "");
  EXPECT_TRUE(shard.is_whole());
  EXPECT_TRUE(shard.has(0) && shard.has(17));
}

TEST(Shard, CountsFromOne) {
  const Shard shard = shard_in({}, 0, "2/3");
  EXPECT_EQ(shard.index, 1u);
  EXPECT_EQ(shard.count, 3u);
  for (const char* text : {"0/3", "4/3", "1/0", "3", "a/b", "1/2/3", "/3", "1/", "-1/3", " 1/3"}) {
    expect_error(ErrorKind::kUsage, HasSubstr("--shard"), [&] { shard_in({}, 0, text); });
  }
}

TEST(Shard, AllTogetherHaveEveryEntryOnce) {
  for (std::uint64_t entry = 0; entry < 20; ++entry) {
    int owners = 0;
    for (std::uint64_t i = 0; i < 7; ++i) owners += Shard{i, 7}.has(entry) ? 1 : 0;
    EXPECT_EQ(owners, 1);
  }
}

TEST(Shard, AsksSlurmForItsPlaceInTheArray) {
  const Variables array = {{"SLURM_ARRAY_TASK_ID", "14"},
                           {"SLURM_ARRAY_TASK_MIN", "10"},
                           {"SLURM_ARRAY_TASK_STEP", "2"},
                           {"SLURM_ARRAY_TASK_COUNT", "4"}};
  EXPECT_EQ(shard_in(array).index, 2u);
  EXPECT_EQ(shard_in(array).count, 4u);
  Variables other = array;
  other["SLURM_ARRAY_TASK_ID"] = "18";
  expect_error(ErrorKind::kUsage, HasSubstr("SLURM_ARRAY_TASK_ID is 18"), [&] { shard_in(other); });
  other["SLURM_ARRAY_TASK_ID"] = "x";
  expect_error(ErrorKind::kUsage, HasSubstr("'x'"), [&] { shard_in(other); });
}

TEST(Shard, AsksKubernetesForItsIndexButNotForTheCount) {
  EXPECT_EQ(shard_in({{"JOB_COMPLETION_INDEX", "3"}}, 4).index, 3u);
  expect_error(ErrorKind::kUsage, HasSubstr("--shard-count"), [] {
    shard_in({{"JOB_COMPLETION_INDEX", "3"}});
  });
}

TEST(Shard, SaysWhatItLookedForWhereThereIsNoScheduler) {
  expect_error(ErrorKind::kUsage, HasSubstr("SLURM_ARRAY_TASK_ID"), [] { shard_in({}); });
}

}  // namespace
}  // namespace dalle2::cli
