// Slerp, text diff, inversion and inpainting against tests/golden/edits.json, where
// scripts/golden/edits.py follows their formulas in plain Python on the same package and streams.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/seeds.h"
#include "pipeline/decoder_stage.h"
#include "pipeline/network_store.h"
#include "pipeline/prompts.h"
#include "pipeline/slerp.h"
#include "pipeline/upsampler_stage.h"
#include "unit/pipeline/fixture.h"

namespace dalle2::pipeline {
namespace {

const Json& golden() {
  static const Json json = read_json(std::filesystem::path(DALLE2_TEST_GOLDEN) / "edits.json",
                                     ErrorKind::kRuntime, 1 << 20);
  return json;
}

/// Every number of `expected`, which are spread evenly over `actual`.
double difference(const at::Tensor& actual, const Json& expected) {
  const at::Tensor wanted = at::tensor(expected.get<std::vector<double>>(), at::kDouble);
  const at::Tensor flat = actual.reshape({-1}).to(at::kDouble);
  const at::Tensor index =
      at::linspace(0, static_cast<double>(flat.numel() - 1), wanted.numel(), at::kDouble)
          .round()
          .to(at::kLong);
  return (flat.index_select(0, index) - wanted).abs().max().item<double>();
}

at::Tensor wave(double speed) {
  return at::sin(at::arange(1, 65, at::kDouble) * speed).view({2, 32});
}

KnownRegion known_region() {
  const auto size = golden().at("known_size").get<std::int64_t>();
  const at::Tensor ramp = at::linspace(-1, 1, size);
  const at::Tensor x = ramp.view({1, size}).expand({size, size});
  const at::Tensor y = ramp.view({size, 1}).expand({size, size});
  const at::Tensor picture = at::stack({x, y, -x, at::ones({size, size})}).unsqueeze(0);
  const at::Tensor right = (at::arange(size) >= size / 2).to(at::kFloat);
  return {picture.expand({2, 4, size, size}),
          right.view({1, 1, 1, size}).expand({2, 1, size, size})};
}

std::vector<std::uint64_t> streams(std::string_view stage) {
  std::vector<std::uint64_t> seeds;
  for (const Json& seed : golden().at("seeds")) {
    seeds.push_back(stream_seed(seed.get<std::uint64_t>(), stage, 0));
  }
  return seeds;
}

TEST(EditsReference, SlerpGivesWhatPythonGives) {
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::size_t i = 0; i < golden().at("ways").size(); ++i) {
      const at::Tensor way = at::full({1}, golden().at("ways")[i].get<double>(), at::kDouble);
      const at::Tensor actual =
          slerp(wave(0.7).slice(0, row, row + 1), wave(1.9).slice(0, row, row + 1), way);
      EXPECT_LT(difference(actual, golden().at("slerp")[static_cast<std::size_t>(row)][i]), 1e-12);
    }
  }
}

TEST(EditsReference, TextDiffGivesWhatPythonGives) {
  const at::Tensor a = wave(0.7);
  const at::Tensor actual =
      text_diff(a.slice(0, 0, 1), a.slice(0, 1, 2), wave(1.9).slice(0, 1, 2), 0.4);
  EXPECT_LT(difference(actual, golden().at("text_diff")), 1e-12);
}

TEST(EditsReference, InpaintingAndInversionGiveWhatPythonGives) {
  NetworkStore networks(model::ModelPackage::open(tiny_package(), model::TrustPolicy::kKnown), {},
                        false);
  const model::Manifest& manifest = networks.manifest();
  const auto prompts = golden().at("prompts").get<std::vector<std::string>>();
  const auto tokenizer = text::make_tokenizer(
      manifest.tokenizer.kind, tiny_package(),
      {.max_length = manifest.tokenizer.max_length, .pad_id = manifest.tokenizer.pad_id});
  const EncodedPrompts encoded(prompts, *tokenizer, networks.text_encoder(), {});
  const model::TextStates text = encoded.rows(prompts);
  const at::Tensor waves = wave(0.7);
  const at::Tensor embedding =
      (waves / at::linalg_vector_norm(waves, 2, at::IntArrayRef{1}, true)).to(at::kFloat);
  DecoderRun run;
  run.sampler = "ddim";
  run.steps = golden().at("steps").get<int>();
  run.known = known_region();

  diffusion::NoiseStreams noise(streams("decoder"), at::kCPU);
  const at::Tensor small = sample_decoder(networks.decoder(), nullptr, manifest, {embedding, text},
                                          text.zeros_like(), run, noise);
  EXPECT_LT(difference(small, golden().at("inpainted")), 1e-3);

  diffusion::NoiseStreams large_noise(streams("upsampler"), at::kCPU);
  const at::Tensor large = sample_upsampler(
      networks.upsampler(0), manifest.networks.upsamplers[0], *manifest.defaults.upsampler, small,
      {.steps = 2, .on_step = {}, .known = known_region()}, large_noise);
  EXPECT_LT(difference(large, golden().at("inpainted_large")), 1e-3);

  const at::Tensor inverted = invert_decoder(networks.decoder(), manifest, {embedding, text},
                                             text.zeros_like(), run, small);
  EXPECT_LT(difference(inverted, golden().at("inverted")), 2e-3);
}

}  // namespace
}  // namespace dalle2::pipeline
