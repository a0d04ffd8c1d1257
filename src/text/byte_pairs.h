#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dalle2::text {

/// The merges of a byte-pair vocabulary (Sennrich et al. 2016), on token ids.
class BytePairs {
 public:
  /// Later merges rank lower. False when the pair is there already.
  bool add(std::int64_t left, std::int64_t right, std::int64_t merged);

  /// Joins neighbours until no known pair is left, always the best-ranked pair first and among
  /// equals the leftmost. O(n log n).
  std::vector<std::int64_t> merge(std::span<const std::int64_t> ids) const;

 private:
  struct Merge {
    int rank;
    std::int64_t id;
  };
  struct PairHash {
    std::size_t operator()(const std::pair<std::int64_t, std::int64_t>& pair) const;
  };

  std::unordered_map<std::pair<std::int64_t, std::int64_t>, Merge, PairHash> merges_;
};

}  // namespace dalle2::text
