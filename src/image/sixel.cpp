#include "image/sixel.h"

#include <algorithm>
#include <map>
#include <vector>

#include "image/palette.h"

namespace dalle2::image {
namespace {

constexpr int kBand = 6;                 // rows of pixels in one row of sixels
constexpr std::size_t kColors = 256;     // as many as every such terminal has
constexpr std::size_t kShortestRun = 4;  // "!4?" is not longer than "????"

std::string register_of(std::size_t index, Color color) {
  const auto percent = [](std::uint8_t value) { return std::to_string((value * 100 + 127) / 255); };
  return "#" + std::to_string(index) + ";2;" + percent(color.red) + ";" + percent(color.green) +
         ";" + percent(color.blue);
}

/// Sixels of one colour, one a column: bit i is the i-th row from above.
std::string run_lengths(const std::vector<unsigned>& columns) {
  std::string out;
  for (std::size_t at = 0; at < columns.size();) {
    std::size_t end = at;
    while (end < columns.size() && columns[end] == columns[at]) ++end;
    const char sixel = static_cast<char>('?' + columns[at]);
    out += end - at < kShortestRun ? std::string(end - at, sixel)
                                   : "!" + std::to_string(end - at) + sixel;
    at = end;
  }
  return out;
}

std::string band(const Indexed& pixels, int width, int top, int bottom) {
  std::map<std::uint8_t, std::vector<unsigned>> planes;
  for (int y = top; y < bottom; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto pixel = static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                         static_cast<std::size_t>(x);
      std::vector<unsigned>& columns = planes[pixels.indices[pixel]];
      columns.resize(static_cast<std::size_t>(width));
      columns[static_cast<std::size_t>(x)] |= 1U << (y - top);
    }
  }
  std::string out;
  for (const auto& [index, columns] : planes) {
    // $ goes back to the left edge, for the next colour of this band.
    out += (out.empty() ? "#" : "$#") + std::to_string(index) + run_lengths(columns);
  }
  return out;
}

}  // namespace

std::string sixel_image(const Picture& opaque) {
  const Indexed pixels = reduce_colors(opaque, kColors);
  // What is not drawn stays as it is; square pixels, and the size in advance.
  std::string out =
      "\x1bP0;1;0q\"1;1;" + std::to_string(opaque.width) + ";" + std::to_string(opaque.height);
  for (std::size_t i = 0; i < pixels.palette.size(); ++i) out += register_of(i, pixels.palette[i]);
  for (int top = 0; top < opaque.height; top += kBand) {
    out += band(pixels, opaque.width, top, std::min(top + kBand, opaque.height)) + "-";
  }
  return out + "\x1b\\\n";
}

}  // namespace dalle2::image
