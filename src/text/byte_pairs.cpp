#include "text/byte_pairs.h"

#include <compare>
#include <functional>
#include <queue>

namespace dalle2::text {
namespace {

// A token in a list that shrinks as tokens are joined.
struct Node {
  std::int64_t id;
  int previous;
  int next;
};

constexpr int kNone = -1;

// A pair that could be joined when it was seen; stale once either side has changed.
struct Candidate {
  int rank;
  int left;
  std::int64_t left_id, right_id;

  auto operator<=>(const Candidate&) const = default;
};

}  // namespace

std::size_t BytePairs::PairHash::operator()(
    const std::pair<std::int64_t, std::int64_t>& pair) const {
  // Ids are below 2^32, so the two fit side by side.
  return std::hash<std::uint64_t>()(static_cast<std::uint64_t>(pair.first) << 32 |
                                    static_cast<std::uint64_t>(pair.second));
}

bool BytePairs::add(std::int64_t left, std::int64_t right, std::int64_t merged) {
  const Merge merge{static_cast<int>(merges_.size()), merged};
  return merges_.try_emplace({left, right}, merge).second;
}

std::vector<std::int64_t> BytePairs::merge(std::span<const std::int64_t> ids) const {
  std::vector<Node> nodes;
  nodes.reserve(ids.size());
  for (const std::int64_t id : ids) {
    const int index = static_cast<int>(nodes.size());
    nodes.push_back({id, index - 1, index + 1});
  }
  if (nodes.empty()) return {};
  nodes.back().next = kNone;
  const auto at = [&nodes](int index) -> Node& { return nodes[static_cast<std::size_t>(index)]; };

  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto consider = [&](int left) {
    if (left == kNone || at(left).next == kNone) return;
    const std::int64_t left_id = at(left).id;
    const std::int64_t right_id = at(at(left).next).id;
    const auto found = merges_.find({left_id, right_id});
    if (found != merges_.end()) queue.push({found->second.rank, left, left_id, right_id});
  };
  for (int i = 0; i < static_cast<int>(nodes.size()); ++i) consider(i);

  constexpr std::int64_t kJoined = -1;  // the id of a node that is part of its left neighbour now
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Node& left = at(best.left);
    if (left.id != best.left_id || left.next == kNone || at(left.next).id != best.right_id)
      continue;
    Node& right = at(left.next);
    left.id = merges_.at({best.left_id, best.right_id}).id;
    right.id = kJoined;
    left.next = right.next;
    if (left.next != kNone) at(left.next).previous = best.left;
    consider(left.previous);
    consider(best.left);
  }

  std::vector<std::int64_t> merged;
  for (int i = 0; i != kNone; i = at(i).next) merged.push_back(at(i).id);
  return merged;
}

}  // namespace dalle2::text
