#include "text/byte_pairs.h"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace dalle2::text {
namespace {

using testing::ElementsAre;
using Ids = std::vector<std::int64_t>;

TEST(BytePairs, JoinTheBestRankedPairFirst) {
  BytePairs pairs;
  pairs.add(2, 3, 10);  // best
  pairs.add(1, 2, 11);
  pairs.add(1, 10, 12);
  EXPECT_THAT(pairs.merge(Ids{1, 2, 3}), ElementsAre(12));
  EXPECT_THAT(pairs.merge(Ids{1, 2, 4}), ElementsAre(11, 4));
}

TEST(BytePairs, JoinFromTheLeft) {
  BytePairs pairs;
  pairs.add(1, 1, 2);
  EXPECT_THAT(pairs.merge(Ids{1, 1, 1}), ElementsAre(2, 1));
  pairs.add(2, 2, 3);
  EXPECT_THAT(pairs.merge(Ids{1, 1, 1, 1, 1}), ElementsAre(3, 1));
}

TEST(BytePairs, LeaveUnknownPairsAlone) {
  const BytePairs pairs;
  EXPECT_THAT(pairs.merge(Ids{}), ElementsAre());
  EXPECT_THAT(pairs.merge(Ids{7, 8}), ElementsAre(7, 8));
}

TEST(BytePairs, RefuseAPairTwice) {
  BytePairs pairs;
  EXPECT_TRUE(pairs.add(1, 2, 3));
  EXPECT_FALSE(pairs.add(1, 2, 4));
}

// Sennrich et al.'s own loop: find the best pair, join it everywhere, begin again.
Ids merge_slowly(const std::vector<std::pair<std::int64_t, std::int64_t>>& merges, Ids ids) {
  for (bool joined = true; joined;) {
    joined = false;
    for (std::size_t rank = 0; rank < merges.size() && !joined; ++rank) {
      const std::int64_t merged = 100 + static_cast<std::int64_t>(rank);
      for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
        if (ids[i] != merges[rank].first || ids[i + 1] != merges[rank].second) continue;
        ids[i] = merged;
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        joined = true;
      }
    }
  }
  return ids;
}

RC_GTEST_PROP(BytePairs, AgreeWithTheSlowLoop, ()) {
  // As in training, a merge only uses tokens that were there before it.
  std::vector<std::pair<std::int64_t, std::int64_t>> merges;
  BytePairs pairs;
  const auto count = *rc::gen::inRange<std::int64_t>(0, 12);
  const auto token = [](std::int64_t i) { return i < 3 ? i : 100 + i - 3; };
  while (std::ssize(merges) < count) {
    const std::int64_t known = 3 + std::ssize(merges);
    const std::pair pair{token(*rc::gen::inRange<std::int64_t>(0, known)),
                         token(*rc::gen::inRange<std::int64_t>(0, known))};
    const bool is_new = std::find(merges.begin(), merges.end(), pair) == merges.end();
    RC_PRE(is_new);
    RC_ASSERT(pairs.add(pair.first, pair.second, 100 + std::ssize(merges)));
    merges.push_back(pair);
  }
  const auto ids = *rc::gen::container<Ids>(rc::gen::inRange<std::int64_t>(0, 3));
  RC_ASSERT(pairs.merge(ids) == merge_slowly(merges, ids));
}

}  // namespace
}  // namespace dalle2::text
