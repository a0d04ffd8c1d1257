#include "image/composite.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "dalle2/error.h"

namespace dalle2::image {
namespace {

constexpr int kMaxSide = 32768;

// One pixel over another, both straight. Weights are in units of 1/255², exact in integers.
void blend_over(const std::uint8_t* top, std::uint8_t* bottom) {
  const unsigned top_weight = top[3] * 255U;
  const unsigned bottom_weight = bottom[3] * (255U - top[3]);
  const unsigned total = top_weight + bottom_weight;
  if (total == 0) {
    std::fill_n(bottom, 4, std::uint8_t{0});
    return;
  }
  for (int c = 0; c < 3; ++c) {
    const unsigned sum = top[c] * top_weight + bottom[c] * bottom_weight;
    bottom[c] = static_cast<std::uint8_t>((sum + total / 2) / total);
  }
  bottom[3] = static_cast<std::uint8_t>((total + 127) / 255);
}

}  // namespace

Picture filled(int width, int height, Color color) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    throw Error(ErrorKind::kUsage,
                "a picture of " + std::to_string(width) + "x" + std::to_string(height) +
                    " is out of range: sides are 1 to " + std::to_string(kMaxSide) + " pixels");
  }
  Picture picture{width, height, {}};
  picture.rgba.resize(std::size_t(width) * std::size_t(height) * 4);
  for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
    picture.rgba[i] = color.red;
    picture.rgba[i + 1] = color.green;
    picture.rgba[i + 2] = color.blue;
    picture.rgba[i + 3] = color.alpha;
  }
  return picture;
}

Picture with_background(const Picture& picture, Color background) {
  if (background.alpha == 0) return picture;
  Picture result = filled(picture.width, picture.height, background);
  paste(picture, 0, 0, &result);
  return result;
}

Picture with_checkerboard(const Picture& picture, int square) {
  constexpr std::uint8_t kLight = 230;
  constexpr std::uint8_t kDark = 190;
  Picture result = filled(picture.width, picture.height, kWhite);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const std::size_t at = (std::size_t(y) * std::size_t(picture.width) + std::size_t(x)) * 4;
      const bool dark = (x / square + y / square) % 2 != 0;
      std::fill_n(&result.rgba[at], 3, dark ? kDark : kLight);
    }
  }
  paste(picture, 0, 0, &result);
  return result;
}

void paste(const Picture& top, int x, int y, Picture* bottom) {
  const int left = std::max(0, -x);
  const int right = std::min(top.width, bottom->width - x);
  for (int row = std::max(0, -y); row < std::min(top.height, bottom->height - y); ++row) {
    for (int column = left; column < right; ++column) {
      const std::size_t from =
          (std::size_t(row) * std::size_t(top.width) + std::size_t(column)) * 4;
      const std::size_t to =
          (std::size_t(row + y) * std::size_t(bottom->width) + std::size_t(column + x)) * 4;
      blend_over(&top.rgba[from], &bottom->rgba[to]);
    }
  }
}

}  // namespace dalle2::image
