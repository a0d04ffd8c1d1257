// A package imported from diffusers against diffusers' own pipelines, stage by stage and step by
// step. scripts/golden/unclip.py writes both, with the noise that the binary draws for the seeds
// and the pipelines' schedules in fp64.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/seeds.h"
#include "pipeline/decoder_stage.h"
#include "pipeline/network_store.h"
#include "pipeline/prior_stage.h"
#include "pipeline/prompts.h"
#include "pipeline/upsampler_stage.h"
#include "unit/thinned.h"

namespace dalle2::pipeline {
namespace {

constexpr double kStep = 5e-4;
constexpr double kPixel = 1.0 / 255.0;  // of pictures in [0, 1]

std::filesystem::path folder() { return std::filesystem::path(DALLE2_TEST_GOLDEN) / "unclip"; }

const Json& golden() {
  static const Json json = read_json(folder() / "cases.json", ErrorKind::kRuntime, 1 << 20);
  return json;
}

model::ModelPackage open_package() {
  ::setenv("DALLE2_MODELS", folder().c_str(), 1);
  return model::ModelPackage::open(folder() / "unclip-tiny", model::TrustPolicy::kKnown);
}

/// Compares x after every step.
diffusion::StepCallback expect_steps(const Json& expected, const std::string& stage) {
  return [&expected, stage](const diffusion::StepReport& report) {
    ASSERT_EQ(static_cast<std::size_t>(report.steps), expected.size()) << stage;
    const auto step = static_cast<std::size_t>(report.step - 1);
    expect_near(report.x, expected.at(step), kStep, stage + " step " + std::to_string(report.step));
  };
}

/// One case of the golden file, run on the package.
class CaseRun {
 public:
  explicit CaseRun(const Json& golden_case)
      : case_(golden_case),
        expected_(golden_case.at("expected")),
        networks_(open_package(), {}, false),
        manifest_(networks_.manifest()),
        tokenizer_(text::make_tokenizer(
            manifest_.tokenizer.kind, networks_.package().folder(),
            {.max_length = manifest_.tokenizer.max_length, .pad_id = manifest_.tokenizer.pad_id})) {
  }

  void encode(const std::vector<std::string>& prompts) {
    std::vector<std::string> all = prompts;
    all.emplace_back();
    const EncodedPrompts encoded(all, *tokenizer_, networks_.text_encoder(), {});
    text_ = encoded.rows(prompts);
    const std::vector<std::string> none(prompts.size());
    unconditional_ = encoded.unconditional_rows(none, model::UnconditionalText::kEmptyPrompt);
    expect_near(text_.embedding, expected_.at("text_embedding"), 1e-5, "text embedding");
    expect_near(text_.token_states, expected_.at("token_states"), 1e-5, "token states");
  }

  at::Tensor sample_embedding() {
    auto noise = noise_of("prior");
    PriorRun run;
    run.steps = steps("prior");
    run.guidance = case_.at("prior_guidance").get<double>();
    run.on_step = expect_steps(expected_.at("prior"), "prior");
    return sample_prior(networks_.prior(), nullptr, manifest_, text_, unconditional_, run, noise)
        .embeddings;
  }

  at::Tensor encode_pictures() {
    const std::int64_t size = manifest_.networks.image_encoder->size;
    const auto along = [&](std::int64_t length, std::int64_t factor, at::IntArrayRef shape) {
      return (at::arange(length, at::kLong) * factor).view(shape);
    };
    const at::Tensor bytes =
        (along(size, 7, {1, 1, 1, -1}) + along(size, 13, {1, 1, -1, 1}) +
         along(3, 50, {1, -1, 1, 1}) +
         along(static_cast<std::int64_t>(case_.at("seeds").size()), 31, {-1, 1, 1, 1}))
            .remainder(256);
    return networks_.image_encoder()(bytes.to(at::kFloat) / 127.5 - 1.0);
  }

  void draw(const at::Tensor& image_embedding) {
    expect_near(image_embedding, expected_.at("image_embedding"), 1e-4, "image embedding");
    auto decoder_noise = noise_of("decoder");
    DecoderRun decoder_run;
    decoder_run.sampler = manifest_.defaults.decoder.sampler;
    decoder_run.steps = steps("decoder");
    decoder_run.guidance = case_.at("guidance").get<double>();
    decoder_run.on_step = expect_steps(expected_.at("decoder"), "decoder");
    const at::Tensor small =
        sample_decoder(networks_.decoder(), nullptr, manifest_, {image_embedding, text_},
                       unconditional_, decoder_run, decoder_noise);

    auto upsampler_noise = noise_of("upsampler");
    UpsamplerRun upsampler_run;
    upsampler_run.steps = steps("upsampler");
    upsampler_run.on_step = expect_steps(expected_.at("upsampler"), "upsampler");
    const at::Tensor large =
        sample_upsampler(networks_.upsampler(0), manifest_.networks.upsamplers[0],
                         *manifest_.defaults.upsampler, small, upsampler_run, upsampler_noise);
    expect_near((large * 0.5 + 0.5).clamp(0, 1), expected_.at("pictures"), kPixel, "pictures");
  }

 private:
  int steps(const char* stage) const { return case_.at("steps").at(stage).get<int>(); }

  diffusion::NoiseStreams noise_of(std::string_view stage) const {
    std::vector<std::uint64_t> seeds;
    for (const Json& seed : case_.at("seeds")) {
      seeds.push_back(stream_seed(seed.get<std::uint64_t>(), stage, 0));
    }
    return {seeds, at::kCPU};
  }

  const Json& case_;
  const Json& expected_;
  NetworkStore networks_;
  const model::Manifest& manifest_;
  std::unique_ptr<text::Tokenizer> tokenizer_;
  model::TextStates text_;
  model::TextStates unconditional_;
};

TEST(ImportedUnclip, DrawsWhatDiffusersDrawsFromText) {
  for (const Json& golden_case : golden().at("text_to_image")) {
    SCOPED_TRACE(golden_case.at("prompts").dump() + " " + golden_case.at("steps").dump());
    CaseRun run(golden_case);
    run.encode(golden_case.at("prompts").get<std::vector<std::string>>());
    run.draw(run.sample_embedding());
  }
}

TEST(ImportedUnclip, DrawsWhatDiffusersDrawsFromPictures) {
  for (const Json& golden_case : golden().at("variations")) {
    SCOPED_TRACE(golden_case.at("steps").dump());
    CaseRun run(golden_case);
    run.encode(std::vector<std::string>(golden_case.at("seeds").size()));
    run.draw(run.encode_pictures());
  }
}

}  // namespace
}  // namespace dalle2::pipeline
