#include "text/charsmap.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace dalle2::text {
namespace {

// Field numbers of sentencepiece_model.proto.
constexpr std::uint64_t kNormalizer = 3, kDenormalizer = 5, kPrecompiledCharsmap = 2;

constexpr int kMaxMatches = 32;  // Normalizer::kMaxTrieResultsSize

/// Reads the fields of a protocol buffer message, one after the other.
class Fields {
 public:
  explicit Fields(std::string_view message) : rest_(message) {}

  struct Field {
    std::uint64_t number;
    std::string_view bytes;  // of strings, bytes and messages; else empty
  };

  /// The next field; none at the end or at the first damage, which sound() tells apart.
  std::optional<Field> next() {
    if (rest_.empty()) return std::nullopt;
    const std::uint64_t tag = varint();
    Field field{tag >> 3, {}};
    switch (tag & 7) {
      case 0:
        varint();
        break;
      case 1:
        take(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 3:
      case 4:
        break;  // a group's fields are read as if they were its parent's
      case 5:
        take(4);
        break;
      default:
        sound_ = false;
    }
    return sound_ ? std::optional(field) : std::nullopt;
  }

  bool sound() const { return sound_; }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::string_view byte = take(1);
      if (!sound_) return 0;
      value |= static_cast<std::uint64_t>(byte[0] & 0x7f) << shift;
      if ((byte[0] & 0x80) == 0) return value;
    }
    sound_ = false;
    return 0;
  }

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      sound_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool sound_ = true;
};

/// A unit of the double array. Children of unit p are at p ^ offset ^ label; a leaf child is at
/// p ^ offset and holds a value instead.
struct Unit {
  std::uint32_t bits;

  bool is_value() const { return (bits >> 31) != 0; }
  bool has_leaf() const { return ((bits >> 8) & 1) != 0; }
  std::uint32_t label() const { return bits & 0xff; }
  std::size_t offset() const { return std::size_t{bits >> 10} << ((bits & 0x200) >> 6); }
};

bool trie_is_sound(const std::vector<Unit>& units) {
  if (units.empty() || units.size() % 256 != 0 || units[0].is_value()) return false;
  // Blocks of 256 are whole, so a base inside the array keeps all 256 children inside.
  for (std::size_t p = 0; p < units.size(); ++p) {
    if (!units[p].is_value() && (p ^ units[p].offset()) >= units.size()) return false;
  }
  // Units by the base that they are children of.
  std::vector<std::uint32_t> first(units.size() + 1), children(units.size());
  const auto base_of = [&](std::size_t p) { return p ^ units[p].label(); };
  for (std::size_t p = 0; p < units.size(); ++p) first[base_of(p) + 1] += !units[p].is_value();
  for (std::size_t base = 0; base < units.size(); ++base) first[base + 1] += first[base];
  std::vector<std::uint32_t> end(first.begin(), first.end() - 1);
  for (std::size_t p = 0; p < units.size(); ++p) {
    if (!units[p].is_value()) children[end[base_of(p)]++] = static_cast<std::uint32_t>(p);
  }
  // The most matches on a way to every unit. Ways that meet are followed again only with more of
  // them, so that this ends, on cycles too.
  std::vector<int> matches(units.size(), -1);
  std::vector<std::uint32_t> open{0};
  matches[0] = 0;
  while (!open.empty()) {
    const std::size_t p = open.back();
    open.pop_back();
    const std::size_t base = p ^ units[p].offset();
    for (std::uint32_t i = first[base]; i < first[base + 1]; ++i) {
      const std::uint32_t child = children[i];
      const int count = matches[p] + (units[child].has_leaf() ? 1 : 0);
      if (count <= matches[child]) continue;
      if (count > kMaxMatches) return false;
      matches[child] = count;
      open.push_back(child);
    }
  }
  return true;
}

/// A charsmap: the trie's size in bytes, the trie, the replacements. sentencepiece checks all but
/// the trie, as little-endian numbers.
bool charsmap_is_sound(std::string_view charsmap) {
  std::uint32_t size = 0;
  if (charsmap.size() <= sizeof(size)) return false;
  std::memcpy(&size, charsmap.data(), sizeof(size));
  charsmap.remove_prefix(sizeof(size));
  if (size > charsmap.size()) return false;
  std::vector<Unit> units(size / sizeof(Unit));
  std::memcpy(units.data(), charsmap.data(), units.size() * sizeof(Unit));
  return trie_is_sound(units);
}

bool normalizer_is_sound(std::string_view normalizer) {
  Fields fields(normalizer);
  while (const auto field = fields.next()) {
    const bool charsmap = field->number == kPrecompiledCharsmap && !field->bytes.empty();
    if (charsmap && !charsmap_is_sound(field->bytes)) return false;
  }
  return fields.sound();
}

}  // namespace

bool charsmaps_are_sound(std::string_view model) {
  Fields fields(model);
  while (const auto field = fields.next()) {
    const bool normalizer = field->number == kNormalizer || field->number == kDenormalizer;
    if (normalizer && !normalizer_is_sound(field->bytes)) return false;
  }
  return fields.sound();
}

}  // namespace dalle2::text
