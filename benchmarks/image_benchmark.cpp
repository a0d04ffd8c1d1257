#include <cmath>
#include <string>

#include <benchmark/benchmark.h>

#include "image/codec.h"
#include "image/resize.h"

namespace dalle2::image {
namespace {

/// Smooth colours in a disc on a transparent background, which compress about as a sticker does.
Picture sticker(int size) {
  Picture picture{size, size, {}};
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const double u = 2.0 * x / size - 1.0;
      const double v = 2.0 * y / size - 1.0;
      const bool inside = u * u + v * v < 0.8;
      const auto byte = [&](double value) {
        return static_cast<std::uint8_t>(inside ? 127.5 + 127.5 * value : 0.0);
      };
      picture.rgba.insert(picture.rgba.end(), {byte(std::sin(3 * u + v)), byte(std::sin(5 * u + v)),
                                               byte(std::sin(7 * u + v)), byte(1.0)});
    }
  }
  return picture;
}

void encode_as(benchmark::State& state, const char* format) {
  const Picture picture = sticker(static_cast<int>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string file = encode(picture, format_named(format));
    bytes = file.size();
    benchmark::DoNotOptimize(file.data());
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(encode_as, png, "png")
    ->Arg(64)
    ->Arg(256)
    ->Arg(1024)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(encode_as, webp, "webp")->Arg(256)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(encode_as, jpeg, "jpeg")->Arg(256)->Unit(benchmark::kMillisecond);

void resize_with(benchmark::State& state, const char* filter) {
  const Picture picture = sticker(static_cast<int>(state.range(0)));
  const int size = static_cast<int>(state.range(1));
  for (auto _ : state) {
    benchmark::DoNotOptimize(resize(picture, size, size, filter_named(filter)).rgba.data());
  }
}
BENCHMARK_CAPTURE(resize_with, lanczos, "lanczos")
    ->Args({256, 64})
    ->Args({256, 512})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace dalle2::image
