#include "base/seeds.h"

#include <random>

namespace dalle2 {
namespace {

/// One step of splitmix64 from state `x`: a bijection whose output bits depend on all input bits.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  return hash;
}

}  // namespace

std::uint64_t stream_seed(std::uint64_t seed, std::string_view stage, std::uint64_t index) {
  return mix(mix(mix(seed) + fnv1a(stage)) + index);
}

std::uint64_t random_seed() { return std::random_device()() & 0xFFFFFFFF; }

}  // namespace dalle2
