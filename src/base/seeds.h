#pragma once

#include <cstdint>
#include <string_view>

namespace dalle2 {

/// Seed of one stream of noise. Different pictures, stages and draws get unrelated streams, and
/// each depends on its own three values alone: not on the batch, the order or the device.
///
///     stream_seed(seed, stage, index) = mix(mix(mix(seed) + fnv1a(stage)) + index)
///
/// with mix the finaliser of splitmix64 (Steele, Lea & Flood 2014) and fnv1a the 64-bit FNV-1a
/// hash. Pictures in the world depend on this formula: it never changes.
std::uint64_t stream_seed(std::uint64_t seed, std::string_view stage, std::uint64_t index);

/// A seed from the operating system, in [0, 2^32): short enough to be typed again.
std::uint64_t random_seed();

}  // namespace dalle2
