#include "text/charsmap.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/files.h"

namespace dalle2::text {
namespace {

constexpr std::uint32_t kLeaf = 1 << 8;
constexpr std::uint32_t kValue = 1u << 31;

std::uint32_t unit(std::uint32_t label, std::uint32_t offset, std::uint32_t flags = 0) {
  return (offset << 10) | label | flags;
}

std::string field(int number, const std::string& bytes) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  std::size_t size = bytes.size();
  for (; size >= 0x80; size >>= 7) out += static_cast<char>(0x80 | (size & 0x7f));
  return out + static_cast<char>(size) + bytes;
}

std::string little_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

/// A model of nothing but a normalizer with this trie.
std::string model_of(const std::vector<std::uint32_t>& units) {
  std::string charsmap = little_endian(static_cast<std::uint32_t>(4 * units.size()));
  for (const std::uint32_t bits : units) charsmap += little_endian(bits);
  return field(3, field(2, charsmap + std::string("x\0", 2)));
}

/// Blocks of 256 units that lead nowhere.
std::vector<std::uint32_t> empty_trie(std::size_t blocks = 1) {
  std::vector<std::uint32_t> units(256 * blocks, kValue);
  units[0] = unit(0, 0);
  return units;
}

/// A trie in which the first `length` prefixes of "aaaa…" all match.
std::vector<std::uint32_t> chain(std::size_t length) {
  auto units = empty_trie(length + 2);
  std::size_t p = 0;
  for (std::size_t i = 1; i <= length; ++i) {
    const std::size_t base = 256 * i;
    units[p] |= static_cast<std::uint32_t>(p ^ base) << 10;
    units[base] = kValue;
    units[base ^ 'a'] = unit('a', 0, kLeaf);
    p = base ^ 'a';
  }
  return units;
}

TEST(Charsmap, OfARealModelIsSound) {
  const auto model = std::filesystem::path(DALLE2_TEST_FIXTURES).parent_path() /
                     "unit/text/sentencepiece/plain/tokenizer.model";
  EXPECT_TRUE(charsmaps_are_sound(read_file(model, ErrorKind::kModel, 1 << 28)));
}

TEST(Charsmap, WithoutOneThereIsNothingToFollow) {
  EXPECT_TRUE(charsmaps_are_sound(""));
  EXPECT_TRUE(charsmaps_are_sound(field(3, "")));
  EXPECT_TRUE(charsmaps_are_sound(model_of(empty_trie())));
}

TEST(Charsmap, ThatLeadsOutOfItsTrieIsRefused) {
  auto units = empty_trie();
  units['a'] = unit('a', 256);
  EXPECT_FALSE(charsmaps_are_sound(model_of(units)));
  units['a'] = unit('a', 1, 1 << 9);  // a coarse offset: times 256
  EXPECT_FALSE(charsmaps_are_sound(model_of(units)));
  units['a'] = unit('a', 255);
  EXPECT_TRUE(charsmaps_are_sound(model_of(units)));
}

TEST(Charsmap, MayMatchThirtyTwoTimesAtOnePlace) {
  EXPECT_TRUE(charsmaps_are_sound(model_of(chain(32))));
  EXPECT_FALSE(charsmaps_are_sound(model_of(chain(33))));
}

TEST(Charsmap, ThatMatchesInACycleIsRefused) {
  auto units = empty_trie();
  units['a'] = unit('a', 'a', kLeaf);  // base 0 again
  EXPECT_FALSE(charsmaps_are_sound(model_of(units)));
  units['a'] = unit('a', 'a');
  EXPECT_TRUE(charsmaps_are_sound(model_of(units)));
}

TEST(Charsmap, OfTheDenormalizerCountsToo) {
  auto units = empty_trie();
  units['a'] = unit('a', 1 << 20);
  std::string model = model_of(units);
  model[0] = 5 << 3 | 2;
  EXPECT_FALSE(charsmaps_are_sound(model));
}

TEST(Charsmap, ThatEndsTooSoonIsRefused) {
  const std::string model = model_of(empty_trie());
  for (const std::size_t size : {1u, 2u, 5u, 100u}) {
    EXPECT_FALSE(charsmaps_are_sound(model.substr(0, size))) << size;
  }
  EXPECT_FALSE(charsmaps_are_sound(model_of({unit(0, 0)})));
  EXPECT_FALSE(charsmaps_are_sound(field(3, field(2, "abc"))));
}

}  // namespace
}  // namespace dalle2::text
