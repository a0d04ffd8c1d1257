#include <benchmark/benchmark.h>

#include "text/tokenizer.h"

namespace dalle2::text {
namespace {

constexpr char kPrompt[] =
    "A red fox sits in the snow under the stars, flat style, white background";

void encode_with(benchmark::State& state, const char* kind, const char* folder) {
  const auto tokenizer = make_tokenizer(kind, folder, {.max_length = 32});
  for (auto _ : state) {
    benchmark::DoNotOptimize(tokenizer->encode(kPrompt).length);
  }
}
BENCHMARK_CAPTURE(encode_with, sentencepiece, "sentencepiece", DALLE2_TEST_FIXTURES "/tiny")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(encode_with, clip_bpe, "clip_bpe", DALLE2_TEST_GOLDEN "/clip_bpe")
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace dalle2::text
