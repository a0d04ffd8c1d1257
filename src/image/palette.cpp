#include "image/palette.h"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>

namespace dalle2::image {
namespace {

struct Counted {
  std::array<std::uint8_t, 3> rgb;
  std::uint64_t pixels;
};

std::uint32_t key(const std::uint8_t* rgb) {
  return static_cast<std::uint32_t>(rgb[0]) << 16 | static_cast<std::uint32_t>(rgb[1]) << 8 |
         rgb[2];
}

/// Some of the colours, which one entry of the palette will stand for.
struct Box {
  std::span<Counted> colors;
  std::uint64_t pixels = 0;
  int width = 0;            // of its widest channel
  std::size_t channel = 0;  // the widest one

  explicit Box(std::span<Counted> members) : colors(members) {
    for (const Counted& color : colors) pixels += color.pixels;
    for (std::size_t c = 0; c < 3; ++c) {
      const auto [low, high] = std::ranges::minmax_element(
          colors, {}, [c](const Counted& color) { return color.rgb[c]; });
      if (high->rgb[c] - low->rgb[c] > width) {
        width = high->rgb[c] - low->rgb[c];
        channel = c;
      }
    }
  }

  /// Where an entry of the palette would do the most good.
  std::uint64_t urgency() const { return static_cast<std::uint64_t>(width) * pixels; }

  Color mean() const {
    std::array<std::uint64_t, 3> sum{};
    for (const Counted& color : colors) {
      for (std::size_t c = 0; c < 3; ++c) sum[c] += color.rgb[c] * color.pixels;
    }
    const auto rounded = [&](std::size_t c) {
      return static_cast<std::uint8_t>((sum[c] + pixels / 2) / pixels);
    };
    return {rounded(0), rounded(1), rounded(2)};
  }
};

/// At the colour in whose middle half of the pixels lie; both halves have a colour.
std::array<Box, 2> halves(const Box& box) {
  std::ranges::sort(box.colors, {}, [&](const Counted& color) { return color.rgb[box.channel]; });
  std::uint64_t below = box.colors.front().pixels;
  std::size_t cut = 1;
  while (cut + 1 < box.colors.size() && below < box.pixels / 2) below += box.colors[cut++].pixels;
  return {Box(box.colors.first(cut)), Box(box.colors.subspan(cut))};
}

std::vector<Counted> count_colors(const Picture& picture) {
  std::unordered_map<std::uint32_t, std::size_t> places;
  std::vector<Counted> colors;
  for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
    const std::uint8_t* rgb = &picture.rgba[i];
    const auto [place, is_new] = places.try_emplace(key(rgb), colors.size());
    if (is_new) colors.push_back({{rgb[0], rgb[1], rgb[2]}, 0});
    ++colors[place->second].pixels;
  }
  return colors;
}

}  // namespace

Indexed reduce_colors(const Picture& opaque, std::size_t colors) {
  std::vector<Counted> counted = count_colors(opaque);
  std::vector<Box> boxes;
  if (!counted.empty()) boxes.push_back(Box(counted));
  while (boxes.size() < std::min(colors, counted.size())) {
    const auto widest = std::ranges::max_element(boxes, {}, &Box::urgency);
    const std::array<Box, 2> split = halves(*widest);
    *widest = split[0];
    boxes.push_back(split[1]);
  }
  Indexed result;
  std::unordered_map<std::uint32_t, std::uint8_t> indices;
  for (const Box& box : boxes) {
    for (const Counted& color : box.colors) {
      indices[key(color.rgb.data())] = static_cast<std::uint8_t>(result.palette.size());
    }
    result.palette.push_back(box.mean());
  }
  for (std::size_t i = 0; i < opaque.rgba.size(); i += 4) {
    result.indices.push_back(indices.at(key(&opaque.rgba[i])));
  }
  return result;
}

}  // namespace dalle2::image
