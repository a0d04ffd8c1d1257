// Stage by stage against tests/golden/pipeline.json, which scripts/golden/pipeline.py writes in
// Python from the same package and the same random streams.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/seeds.h"
#include "pipeline/decoder_stage.h"
#include "pipeline/network_store.h"
#include "pipeline/prior_stage.h"
#include "pipeline/prompts.h"
#include "pipeline/settings.h"
#include "pipeline/upsampler_stage.h"
#include "unit/pipeline/fixture.h"
#include "unit/thinned.h"

namespace dalle2::pipeline {
namespace {

const Json& golden() {
  static const Json json = read_json(std::filesystem::path(DALLE2_TEST_GOLDEN) / "pipeline.json",
                                     ErrorKind::kRuntime, 1 << 20);
  return json;
}

GenerateRequest request_of(const Json& settings) {
  GenerateRequest request;
  request.prompt = "unused";
  const auto set = [&](const char* key, auto& field) {
    if (!settings.at(key).is_null()) field = settings.at(key).get<std::decay_t<decltype(*field)>>();
  };
  set("steps", request.steps);
  set("prior_steps", request.prior_steps);
  set("sampler", request.sampler);
  set("guidance", request.guidance);
  set("prior_guidance", request.prior_guidance);
  set("classifier_scale", request.classifier_scale);
  set("prior_candidates", request.prior_candidates);
  request.negative_prompt = settings.at("negative_prompt").get<std::string>();
  return request;
}

std::vector<std::uint64_t> streams(std::string_view stage, int draws) {
  std::vector<std::uint64_t> seeds;
  for (const Json& seed : golden().at("seeds")) {
    for (int draw = 0; draw < draws; ++draw) {
      seeds.push_back(
          stream_seed(seed.get<std::uint64_t>(), stage, static_cast<std::uint64_t>(draw)));
    }
  }
  return seeds;
}

class Reference : public testing::TestWithParam<std::size_t> {};

TEST_P(Reference, StagesGiveWhatPythonGives) {
  const Json& expected = golden().at("cases").at(GetParam());
  SCOPED_TRACE(expected.at("name"));
  NetworkStore networks(model::ModelPackage::open(tiny_package(), model::TrustPolicy::kKnown), {},
                        false);
  const model::Manifest& manifest = networks.manifest();
  const PictureSettings s = resolve_settings(request_of(expected.at("settings")), manifest, {});

  const auto prompts = golden().at("prompts").get<std::vector<std::string>>();
  const std::vector<std::string> negatives(prompts.size(), s.negative_prompt);
  std::vector<std::string> all = prompts;
  if (!s.negative_prompt.empty()) all.push_back(s.negative_prompt);
  const auto tokenizer = text::make_tokenizer(
      manifest.tokenizer.kind, tiny_package(),
      {.max_length = manifest.tokenizer.max_length, .pad_id = manifest.tokenizer.pad_id});
  const EncodedPrompts encoded(all, *tokenizer, networks.text_encoder(), {});
  const model::TextStates text = encoded.rows(prompts);
  const model::TextStates unconditional =
      encoded.unconditional_rows(negatives, model::UnconditionalText::kZeros);
  expect_near(text.embedding, expected.at("text"), 1e-5);

  diffusion::NoiseStreams prior_noise(streams("prior", s.prior_candidates), at::kCPU);
  const at::Tensor embedding =
      sample_prior(networks.prior(), nullptr, manifest, text, unconditional,
                   {.steps = s.prior_steps,
                    .guidance = s.prior_guidance,
                    .candidates = s.prior_candidates,
                    .on_step = {}},
                   prior_noise)
          .embeddings;
  expect_near(embedding, expected.at("prior"), 1e-4);

  diffusion::NoiseStreams decoder_noise(streams("decoder", 1), at::kCPU);
  const at::Tensor pictures =
      sample_decoder(networks.decoder(), s.classifier_scale != 0 ? &networks.classifier() : nullptr,
                     manifest, {embedding, text}, unconditional,
                     {.sampler = s.sampler,
                      .steps = s.steps,
                      .eta = s.eta,
                      .guidance = s.guidance,
                      .classifier_scale = s.classifier_scale,
                      .guidance_interval = {},
                      .on_step = {}},
                     decoder_noise);
  expect_near(pictures, expected.at("decoder"), 1e-3);

  diffusion::NoiseStreams upsampler_noise(streams("upsampler", 1), at::kCPU);
  const at::Tensor large = sample_upsampler(
      networks.upsampler(0), manifest.networks.upsamplers[0], *manifest.defaults.upsampler,
      pictures, {.steps = manifest.defaults.upsampler->steps, .on_step = {}}, upsampler_noise);
  expect_near(large, expected.at("upsampler"), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Pipeline, Reference, testing::Range<std::size_t>(0, 4));

}  // namespace
}  // namespace dalle2::pipeline
