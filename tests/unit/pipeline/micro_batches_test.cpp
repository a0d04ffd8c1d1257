#include "pipeline/micro_batches.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace dalle2::pipeline {
namespace {

using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;

TEST(MicroBatches, CoverAllRowsInOrder) {
  Ranges ranges;
  std::int64_t batch = 3;
  in_micro_batches(7, &batch, {}, [&](auto begin, auto end) { ranges.emplace_back(begin, end); });
  EXPECT_EQ(ranges, (Ranges{{0, 3}, {3, 6}, {6, 7}}));
  EXPECT_EQ(batch, 3);
}

TEST(MicroBatches, AreHalvedWhenMemoryRunsOutAndStaySo) {
  Ranges ranges;
  std::vector<std::string> warnings;
  std::int64_t batch = 8;
  in_micro_batches(
      8, &batch, [&](std::string_view warning) { warnings.emplace_back(warning); },
      [&](auto begin, auto end) {
        if (end - begin > 2) throw model::OutOfMemory("testing");
        ranges.emplace_back(begin, end);
      });
  EXPECT_EQ(ranges, (Ranges{{0, 2}, {2, 4}, {4, 6}, {6, 8}}));
  EXPECT_EQ(batch, 2);
  EXPECT_EQ(warnings.size(), 2u);
}

TEST(MicroBatches, PassOnThatASinglePictureDoesNotFit) {
  std::int64_t batch = 4;
  const auto never = [](auto, auto) { throw model::OutOfMemory("testing"); };
  EXPECT_THROW(in_micro_batches(4, &batch, {}, never), model::OutOfMemory);
  EXPECT_EQ(batch, 1);
}

}  // namespace
}  // namespace dalle2::pipeline
