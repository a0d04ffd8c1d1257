#include "base/seeds.h"

#include <bit>
#include <set>

#include <gtest/gtest.h>

namespace dalle2 {
namespace {

TEST(StreamSeed, NeverChanges) {
  // Worked out by hand (in Python) from the formula in the header: old pictures depend on it.
  EXPECT_EQ(stream_seed(0, "", 0), 0x2CCCABA33B0B7C20u);
  EXPECT_EQ(stream_seed(1, "prior", 0), 0x76351BE6BE68BF64u);
  EXPECT_EQ(stream_seed(0xFFFFFFFFFFFFFFFF, "decoder", 7), 0xF2AD678280946E5Du);
}

TEST(StreamSeed, DiffersBetweenNeighbouringSeedsStagesAndDraws) {
  std::set<std::uint64_t> low_words;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (const char* stage : {"prior", "decoder", "upsampler"}) {
      for (std::uint64_t index = 0; index < 10; ++index) {
        low_words.insert(stream_seed(seed, stage, index) & 0xFFFFFFFF);
      }
    }
  }
  EXPECT_EQ(low_words.size(), 3000u);
}

TEST(StreamSeed, ChangesHalfItsBitsWhenOneBitOfTheSeedChanges) {
  int changed = 0;
  for (int bit = 0; bit < 64; ++bit) {
    changed += std::popcount(stream_seed(5, "prior", 0) ^
                             stream_seed(5 ^ (std::uint64_t{1} << bit), "prior", 0));
  }
  EXPECT_NEAR(changed / 64.0, 32.0, 2.0);
}

TEST(RandomSeed, FitsIn32BitsAndDiffersFromTheLast) {
  const std::uint64_t first = random_seed();
  EXPECT_LT(first, std::uint64_t{1} << 32);
  EXPECT_FALSE(first == random_seed() && first == random_seed());
}

}  // namespace
}  // namespace dalle2
