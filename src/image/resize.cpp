#include "image/resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <vector>

#include "dalle2/error.h"
#include "image/composite.h"

namespace dalle2::image {
namespace {

constexpr int kMaxSide = 32768;

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

// Keys 1981 with a = -0.5.
double cubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * kA;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos3(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0; }

constexpr std::array kFilters = {
    Filter{"area", "mean of the covered pixels: plain shrinking, hard edges when enlarging", 0.5,
           box},
    Filter{"bilinear", "soft, no ringing", 1.0, triangle},
    Filter{"bicubic", "sharp with little ringing", 2.0, cubic},
    Filter{"lanczos", "sharpest, some ringing", 3.0, lanczos3},
};

// What one output pixel takes from a row: pixels first … first + weights.size().
struct Window {
  int first;
  std::vector<float> weights;
};

std::vector<Window> make_windows(int from, int to, const Filter& filter) {
  const double scale = double(from) / to;
  const double widening = std::max(scale, 1.0);
  const double support = filter.support * widening;
  std::vector<Window> windows(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int last = std::min(from, static_cast<int>(center + support + 0.5));
    std::vector<double> weights;
    double sum = 0.0;
    for (int j = first; j < last; ++j) {
      weights.push_back(filter.weight((j - center + 0.5) / widening));
      sum += weights.back();
    }
    Window& window = windows[static_cast<std::size_t>(i)];
    window.first = first;
    for (const double weight : weights) window.weights.push_back(static_cast<float>(weight / sum));
  }
  return windows;
}

// Resamples one axis: `lines` lines of `from` pixels become lines of `to` pixels. A pixel's step
// along the axis and from line to line is given in pixels, so that both axes share this loop.
// Clamping between the axes keeps the overshoot of one from leaking through the other, as Pillow's
// 8-bit intermediate does.
struct Axis {
  std::size_t lines, step, line_step;
};

std::vector<float> resample(const std::vector<float>& source, const std::vector<Window>& windows,
                            Axis in, Axis out) {
  std::vector<float> result(in.lines * windows.size() * 4);
  for (std::size_t line = 0; line < in.lines; ++line) {
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const Window& window = windows[i];
      std::array<float, 4> sum{};
      std::size_t at = (line * in.line_step + std::size_t(window.first) * in.step) * 4;
      for (const float weight : window.weights) {
        for (std::size_t c = 0; c < 4; ++c) sum[c] += weight * source[at + c];
        at += in.step * 4;
      }
      float* target = &result[(line * out.line_step + i * out.step) * 4];
      for (std::size_t c = 0; c < 4; ++c) target[c] = std::clamp(sum[c], 0.0F, 1.0F);
    }
  }
  return result;
}

void check_size(int width, int height) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    throw Error(ErrorKind::kUsage, "cannot resize to " + std::to_string(width) + "x" +
                                       std::to_string(height) + ": sides are 1 to " +
                                       std::to_string(kMaxSide) + " pixels");
  }
}

int scaled(int side, double scale) {
  return std::max(1, static_cast<int>(std::lround(side * scale)));
}

}  // namespace

std::span<const Filter> filters() { return kFilters; }

const Filter& filter_named(std::string_view name) {
  std::string names;
  for (const Filter& filter : kFilters) {
    if (filter.name == name) return filter;
    names += (names.empty() ? "" : ", ") + std::string(filter.name);
  }
  throw Error(ErrorKind::kUsage, "no filter '" + std::string(name) + "': choose one of " + names);
}

Premultiplied resize(const Premultiplied& picture, int width, int height, const Filter& filter) {
  check_size(width, height);
  check_size(picture.width, picture.height);
  if (picture.width == width && picture.height == height) return picture;
  const auto rows = static_cast<std::size_t>(picture.height);
  const auto from = static_cast<std::size_t>(picture.width);
  const auto to = static_cast<std::size_t>(width);
  const std::vector<float> narrowed = resample(
      picture.rgba, make_windows(picture.width, width, filter), {rows, 1, from}, {rows, 1, to});
  return {
      width, height,
      resample(narrowed, make_windows(picture.height, height, filter), {to, to, 1}, {to, to, 1})};
}

Picture resize(const Picture& picture, int width, int height, const Filter& filter) {
  check_size(width, height);
  if (picture.width == width && picture.height == height) return picture;
  return unpremultiply(resize(premultiply(picture), width, height, filter));
}

Picture fit_inside(const Picture& picture, int width, int height, const Filter& filter) {
  check_size(width, height);
  const double scale = std::min(double(width) / picture.width, double(height) / picture.height);
  const Picture inner =
      resize(picture, scaled(picture.width, scale), scaled(picture.height, scale), filter);
  Picture result = filled(width, height, kTransparent);
  paste(inner, (width - inner.width) / 2, (height - inner.height) / 2, &result);
  return result;
}

Picture fit_cover(const Picture& picture, int width, int height, const Filter& filter) {
  check_size(width, height);
  // Cutting first keeps the scaled picture small however long and thin the source is.
  const double scale = std::max(double(width) / picture.width, double(height) / picture.height);
  const int part_width = std::min(picture.width, scaled(width, 1.0 / scale));
  const int part_height = std::min(picture.height, scaled(height, 1.0 / scale));
  const Picture part = crop(picture, (picture.width - part_width) / 2,
                            (picture.height - part_height) / 2, part_width, part_height);
  return resize(part, width, height, filter);
}

Picture crop(const Picture& picture, int x, int y, int width, int height) {
  if (x < 0 || y < 0 || width < 1 || height < 1 || width > picture.width - x ||
      height > picture.height - y) {
    throw Error(ErrorKind::kUsage,
                "cannot cut " + std::to_string(width) + "x" + std::to_string(height) + " at (" +
                    std::to_string(x) + ", " + std::to_string(y) + ") from a picture of " +
                    std::to_string(picture.width) + "x" + std::to_string(picture.height));
  }
  Picture result{width, height, {}};
  result.rgba.reserve(std::size_t(width) * std::size_t(height) * 4);
  for (int row = y; row < y + height; ++row) {
    const auto start = picture.rgba.begin() + (std::ptrdiff_t(row) * picture.width + x) * 4;
    result.rgba.insert(result.rgba.end(), start, start + std::ptrdiff_t(width) * 4);
  }
  return result;
}

}  // namespace dalle2::image
