#include "image/half_blocks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace dalle2::image {
namespace {

constexpr std::array kCube = {0, 95, 135, 175, 215, 255};

int nearest_in_cube(int value) {
  const auto nearer = [value](int a, int b) { return std::abs(a - value) < std::abs(b - value); };
  return static_cast<int>(std::ranges::min_element(kCube, nearer) - kCube.begin());
}

/// "38;2;r;g;b" or "38;5;n"; `layer` is 38 for the letter and 48 for what is behind it.
std::string color_of(const std::uint8_t* rgb, const char* layer, bool true_color) {
  if (!true_color) {
    return layer + std::string(";5;") + std::to_string(xterm_color(rgb[0], rgb[1], rgb[2]));
  }
  return layer + std::string(";2;") + std::to_string(rgb[0]) + ";" + std::to_string(rgb[1]) + ";" +
         std::to_string(rgb[2]);
}

}  // namespace

int xterm_color(int red, int green, int blue) {
  const auto distance = [&](int r, int g, int b) {
    return (r - red) * (r - red) + (g - green) * (g - green) + (b - blue) * (b - blue);
  };
  const std::array at = {nearest_in_cube(red), nearest_in_cube(green), nearest_in_cube(blue)};
  const auto level = [&](std::size_t i) { return kCube[static_cast<std::size_t>(at[i])]; };
  // Greys are 8, 18, ... 238.
  const int step = std::clamp(((red + green + blue) / 3 - 3) / 10, 0, 23);
  const int grey = 8 + 10 * step;
  const bool is_grey = distance(grey, grey, grey) < distance(level(0), level(1), level(2));
  return is_grey ? 232 + step : 16 + 36 * at[0] + 6 * at[1] + at[2];
}

std::string half_blocks(const Picture& opaque, bool true_color) {
  const auto pixel = [&](int x, int y) {
    return &opaque.rgba[4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(opaque.width) +
                             static_cast<std::size_t>(x))];
  };
  std::string out;
  for (int y = 0; y < opaque.height; y += 2) {
    std::string colors;  // as they are set now
    for (int x = 0; x < opaque.width; ++x) {
      std::string wanted = color_of(pixel(x, y), "38", true_color);
      // Below the last row of an odd height is the terminal's own background.
      wanted += ";" + (y + 1 < opaque.height ? color_of(pixel(x, y + 1), "48", true_color) : "49");
      if (wanted != colors) out += "\x1b[" + wanted + "m";
      colors = wanted;
      out += "▀";
    }
    out += "\x1b[0m\n";
  }
  return out;
}

}  // namespace dalle2::image
