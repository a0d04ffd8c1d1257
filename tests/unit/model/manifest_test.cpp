#include "model/manifest.h"

#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "unit/expect_error.h"
#include "unit/model/model_fixture.h"

namespace dalle2::model {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

TEST(Manifest, HasWhatTheFileSays) {
  const Manifest manifest = load_manifest(tiny_package() / "model.json");
  EXPECT_EQ(manifest.name, "tiny");
  EXPECT_EQ(manifest.tokenizer.kind, "sentencepiece");
  EXPECT_EQ(manifest.tokenizer.pad_id, 0);
  EXPECT_EQ(manifest.embedding.width, 32);
  EXPECT_EQ(manifest.embedding.mean.size(), 32U);
  EXPECT_TRUE(manifest.picture.premultiplied_alpha());
  EXPECT_EQ(manifest.networks.prior.prediction, "x0");
  EXPECT_EQ(manifest.networks.prior.clamp.kind, ClampSpec::Kind::kStatic);
  EXPECT_EQ(manifest.networks.prior.clamp.range, 10.0);
  EXPECT_EQ(manifest.networks.prior.width, 32);  // without a compositor the embedding's
  EXPECT_EQ(manifest.networks.prior.guided_width, 32);
  EXPECT_TRUE(manifest.networks.decoder.schedule.rescale_zero_terminal_snr);
  EXPECT_EQ(manifest.networks.decoder.truncate_at, 699);
  EXPECT_THAT(manifest.networks.decoder.unconditional_image_embedding, Each(0.0F));
  ASSERT_EQ(manifest.networks.upsamplers.size(), 1U);
  EXPECT_EQ(manifest.networks.upsamplers[0].noised_start, 400);
  EXPECT_EQ(manifest.networks.classifier->logit_scale, 10.0);
  EXPECT_EQ(manifest.networks.image_encoder->size, 64);
  EXPECT_EQ(manifest.defaults.decoder.guidance, 2.0);
  EXPECT_EQ(manifest.files.at("decoder.pt").size,
            std::filesystem::file_size(tiny_package() / "decoder.pt"));
  EXPECT_EQ(manifest.sha256.size(), 64U);
}

TEST(Manifest, OnlyNeedsThreeNetworks) {
  Json json = tiny_manifest();
  json["networks"].erase("upsamplers");
  json["networks"].erase("classifier");
  json["networks"].erase("image_encoder");
  json["defaults"].erase("upsampler");
  json["defaults"]["size"] = 64;
  const Manifest manifest = parse_manifest(json.dump(), "model.json");
  EXPECT_TRUE(manifest.networks.upsamplers.empty());
  EXPECT_FALSE(manifest.networks.classifier.has_value());
  EXPECT_FALSE(manifest.defaults.upsampler.has_value());
}

TEST(Manifest, ExpressesKarlo) {
  Json json = tiny_manifest();
  json["picture"] = {{"channels", 3}, {"size", 64}, {"alpha", "none"}};
  json["tokenizer"] = {{"kind", "clip_bpe"}, {"max_length", 77}, {"pad_id", 49407}};
  json["files"]["vocab.json"] = json["files"]["merges.txt"] = json["files"]["tokenizer.model"];
  json["files"]["upsampler_last.pt"] = json["files"]["upsampler_256.pt"];
  json["embedding"] = {{"width", 768}, {"mean", -0.05}, {"std", 0.4}};
  Json& networks = json["networks"];
  networks["prior"]["variance"] = "fixed_small_log";
  networks["prior"]["unconditional"]["text"] = "empty_prompt";
  networks["decoder"]["variance"] = "learned_range";
  networks["decoder"].erase("truncate_at");
  networks["decoder"]["prediction"] = "epsilon";
  networks["decoder"]["schedule"]["rescale_zero_terminal_snr"] = false;
  networks["decoder"]["unconditional"] = {{"text", "empty_prompt"},
                                          {"image_embedding", std::vector<double>(768, 0.25)}};
  networks["upsamplers"][0]["start"] = {{"from", "noise"}};
  networks["upsamplers"][0]["last_step_file"] = "upsampler_last.pt";
  networks.erase("classifier");
  json["defaults"]["upsampler"] = {{"sampler", "ddpm"}, {"steps", 7}, {"eta", 1.0}};

  const Manifest manifest = parse_manifest(json.dump(), "model.json");
  EXPECT_FALSE(manifest.picture.premultiplied_alpha());
  EXPECT_THAT(manifest.embedding.mean, AllOf(::testing::SizeIs(768), Each(-0.05F)));
  EXPECT_EQ(manifest.networks.prior.variance, VarianceKind::kFixedSmall);
  EXPECT_EQ(manifest.networks.prior.unconditional_text, UnconditionalText::kEmptyPrompt);
  EXPECT_EQ(manifest.networks.decoder.variance, VarianceKind::kLearnedRange);
  EXPECT_FALSE(manifest.networks.decoder.truncate_at.has_value());
  EXPECT_THAT(manifest.networks.decoder.unconditional_image_embedding,
              AllOf(::testing::SizeIs(768), Each(0.25F)));
  EXPECT_EQ(manifest.networks.upsamplers[0].last_step_file, "upsampler_last.pt");
  EXPECT_FALSE(manifest.networks.upsamplers[0].noised_start.has_value());
  EXPECT_THAT(tokenizer_files(manifest.tokenizer),
              ::testing::ElementsAre("vocab.json", "merges.txt"));
  EXPECT_EQ(network_files(manifest.networks).at("networks.upsamplers[0].last_step"),
            "upsampler_last.pt");
}

TEST(Manifest, TakesExplicitBetas) {
  Json json = tiny_manifest();
  json["networks"]["prior"]["schedule"] = {{"kind", "betas"},
                                           {"num_timesteps", 3},
                                           {"betas", {0.1, 0.2, 0.3}},
                                           {"rescale_zero_terminal_snr", false}};
  const Manifest manifest = parse_manifest(json.dump(), "model.json");
  EXPECT_THAT(manifest.networks.prior.schedule.betas, ::testing::ElementsAre(0.1, 0.2, 0.3));
}

TEST(Manifest, ThePriorSamplesWhatACompositorTakes) {
  Json json = tiny_manifest();
  json["networks"]["compositor"] = {{"file", "prior.pt"}, {"width", 100}, {"guided_width", 96}};
  const Manifest manifest = parse_manifest(json.dump(), "model.json");
  EXPECT_EQ(manifest.networks.prior.width, 100);
  EXPECT_EQ(manifest.networks.prior.guided_width, 96);
  EXPECT_EQ(manifest.embedding.width, 32);
  EXPECT_EQ(network_files(manifest.networks).at("networks.compositor"), "prior.pt");
}

/// A change to the tiny manifest (a JSON merge patch: null removes) and what the message must say.
struct BadManifest {
  const char* patch;
  const char* path;
  const char* problem;
};

std::ostream& operator<<(std::ostream& out, const BadManifest& bad) { return out << bad.patch; }

class BadManifests : public ::testing::TestWithParam<BadManifest> {};

TEST_P(BadManifests, AreExplained) {
  Json json = tiny_manifest();
  json.merge_patch(Json::parse(GetParam().patch));
  expect_error(ErrorKind::kModel,
               AllOf(HasSubstr(std::string("p/model.json: ") + GetParam().path + ": "),
                     HasSubstr(GetParam().problem)),
               [&] { parse_manifest(json.dump(), "p/model.json"); });
}

const BadManifest kBadManifests[] = {
    {R"({"format_version": null})", "format_version", "is missing"},
    {R"({"format_version": 2, "new_key": 1})", "format_version", "needs a newer dalle2"},
    {R"({"format_version": "1"})", "format_version", "must be a whole number, not \"1\""},
    {R"({"format_version": 0})", "format_version", "must be at least 1"},
    {R"({"name": "../x"})", "name", "must be made of letters"},
    {R"({"name": 7})", "name", "must be a string, not 7"},
    {R"({"title": ""})", "title", "must not be empty"},
    {R"({"colour": "red"})", "colour", "unknown key; known here: defaults, embedding"},
    {R"({"tokenizer": {"kind": "bpe"}})", "tokenizer.kind",
     "unknown \"bpe\"; known: sentencepiece, clip_bpe"},
    {R"({"tokenizer": {"kind": "clip_bpe"}})", "tokenizer", "\"vocab.json\", which is not among"},
    {R"({"tokenizer": {"max_length": 0}})", "tokenizer.max_length", "from 1 to 4096, not 0"},
    {R"({"tokenizer": {"max_length": 18446744073709551615}})", "tokenizer.max_length",
     "must be a whole number"},
    {R"({"tokenizer": {"max_length": 16.5}})", "tokenizer.max_length", "must be a whole number"},
    {R"({"tokenizer": {"pad": 0}})", "tokenizer.pad", "unknown key"},
    {R"({"tokenizer": []})", "tokenizer", "must be an object"},
    {R"({"embedding": {"mean": [1, 2]}})", "embedding.mean", "has 2 numbers and should have 32"},
    {R"({"embedding": {"mean": "0"}})", "embedding.mean", "must be a list of numbers"},
    {R"({"embedding": {"std": 0}})", "embedding.std", "must all be above 0"},
    {R"({"embedding": {"mean": 1e300}})", "embedding.mean", "must be from"},
    {R"({"picture": {"channels": 1}})", "picture.channels", "from 3 to 4, not 1"},
    {R"({"picture": {"channels": 3}})", "picture.alpha", "must be \"none\" with 3 channels"},
    {R"({"picture": {"size": 32}})", "networks.upsamplers[0].input_size",
     "is 64, but the pictures that come in are 32 pixels wide"},
    {R"({"networks": {"prior": null}})", "networks.prior", "is missing"},
    {R"({"networks": {"decoder": {"prediction": "noise"}}})", "networks.decoder.prediction",
     "unknown \"noise\"; known: epsilon, v, x0"},
    {R"({"networks": {"decoder": {"prediction": "epsilon"}}})", "networks.decoder.prediction",
     "zero terminal SNR"},
    {R"({"networks": {"decoder": {"variance": "learned"}}})", "networks.decoder.variance",
     "known: fixed_small"},
    {R"({"networks": {"decoder": {"file": "unet.pt"}}})", "networks.decoder",
     "\"unet.pt\" is not among \"files\""},
    {R"({"networks": {"decoder": {"truncate_at": 999}}})", "networks.decoder.truncate_at",
     "from 0 to 998, not 999"},
    {R"({"networks": {"decoder": {"spacing": "even"}}})", "networks.decoder.spacing", "known: "},
    {R"({"networks": {"decoder": {"clamp": {"kind": "dynamic"}}}})",
     "networks.decoder.clamp.percentile", "is missing"},
    {R"({"networks": {"decoder": {"clamp": {"range": 0}}}})", "networks.decoder.clamp.range",
     "must be above 0"},
    {R"({"networks": {"decoder": {"clamp": {"kind": "none"}}}})", "networks.decoder.clamp.range",
     "unknown key"},
    {R"({"networks": {"decoder": {"schedule": {"kind": "cosine"}}}})",
     "networks.decoder.schedule.kind", "known: linear, scaled_linear, squaredcos_cap_v2, betas"},
    {R"({"networks": {"decoder": {"schedule": {"kind": "linear"}}}})",
     "networks.decoder.schedule.beta_start", "is missing"},
    {R"({"networks": {"decoder": {"schedule": {"kind": "betas", "betas": [0.1]}}}})",
     "networks.decoder.schedule.betas", "has 1 numbers and should have 1000"},
    {R"({"networks": {"prior": {"schedule": {"kind": "betas", "betas": [0], "num_timesteps": 1}}}})",
     "networks.prior.schedule.betas", "must all be above 0"},
    {R"({"networks": {"decoder": {"unconditional": {"image_embedding": "mean"}}}})",
     "networks.decoder.unconditional.image_embedding", "unknown \"mean\"; known: zeros"},
    {R"({"networks": {"decoder": {"unconditional": {"image_embedding": [0.5]}}}})",
     "networks.decoder.unconditional.image_embedding", "has 1 numbers and should have 32"},
    {R"({"networks": {"prior": {"unconditional": {"text": "none"}}}})",
     "networks.prior.unconditional.text", "known: zeros, empty_prompt"},
    {R"({"networks": {"prior": {"width": 64}}})", "networks.prior.width", "unknown key"},
    {R"({"networks": {"compositor": {"file": "prior.pt", "width": 0, "guided_width": 0}}})",
     "networks.compositor.width", "from 1 to 65536, not 0"},
    {R"({"networks": {"compositor": {"file": "prior.pt", "width": 9, "guided_width": 10}}})",
     "networks.compositor.guided_width", "from 0 to 9, not 10"},
    {R"({"networks": {"compositor": {"file": "prior.pt", "width": 9}}})",
     "networks.compositor.guided_width", "is missing"},
    {R"({"networks": {"compositor": {"file": "x.pt", "width": 9, "guided_width": 9}}})",
     "networks.compositor", "\"x.pt\" is not among \"files\""},
    {R"({"networks": {"image_encoder": null,
                      "compositor": {"file": "prior.pt", "width": 9, "guided_width": 9}}})",
     "networks.compositor", "needs an image encoder"},
    {R"({"networks": {"image_encoder": {"size": 32},
                      "compositor": {"file": "prior.pt", "width": 9, "guided_width": 9}}})",
     "networks.image_encoder.size", "is 32, but the compositor makes 64 pixels"},
    {R"({"networks": {"upsamplers": {}}})", "networks.upsamplers", "must be a list"},
    {R"({"networks": {"upsamplers": [7]}})", "networks.upsamplers[0]", "must be an object"},
    {R"({"networks": {"upsamplers": []}})", "defaults.upsampler", "there is no upsampler"},
    {R"({"networks": {"classifier": {"logit_scale": 0}}})", "networks.classifier.logit_scale",
     "must be above 0"},
    {R"({"networks": {"classifier": null}, "defaults": {"decoder": {"classifier_scale": 1}}})",
     "defaults.decoder.classifier_scale", "there is no classifier"},
    {R"({"defaults": {"upsampler": null}})", "defaults.upsampler", "is missing"},
    {R"({"defaults": {"decoder": {"steps": 1001}}})", "defaults.decoder.steps", "from 1 to 1000"},
    {R"({"defaults": {"decoder": {"guidance": -1}}})", "defaults.decoder.guidance",
     "must be from 0 to 100, not -1"},
    {R"({"defaults": {"decoder": {"guidance_interval": [0.5, 0.2]}}})",
     "defaults.decoder.guidance_interval", "0 <= begin <= end <= 1"},
    {R"({"defaults": {"size": 128}})", "defaults.size", "which neither the decoder nor"},
    {R"({"defaults": {"opaque_prompt": "white"}})", "defaults.opaque_prompt", "must hold {prompt}"},
    {R"({"files": {"../x": {"size": 1, "sha256": "0"}}})", "files.../x", "is not the plain name"},
    {R"({"files": {"prior.pt": {"sha256": "abc"}}})", "files.prior.pt.sha256", "64 lower-case"},
    {R"({"files": {"prior.pt": {"size": -1}}})", "files.prior.pt.size", "must be at least 0"},
    {R"({"files": {"prior.pt": null}})", "networks.prior", "is not among \"files\""},
};

INSTANTIATE_TEST_SUITE_P(Manifest, BadManifests, ::testing::ValuesIn(kBadManifests));

TEST(Manifest, StepsMustFitTheSchedule) {
  Json json = tiny_manifest();
  json["networks"]["prior"]["schedule"] = {{"kind", "betas"},
                                           {"num_timesteps", 1},
                                           {"betas", {0.1}},
                                           {"rescale_zero_terminal_snr", false}};
  expect_error(ErrorKind::kModel,
               HasSubstr("defaults.prior.steps: is 2, but the network has only 1"),
               [&] { parse_manifest(json.dump(), "model.json"); });
}

TEST(Manifest, StartOfAnUpsamplerMustBeATimestep) {
  Json json = tiny_manifest();
  json["networks"]["upsamplers"][0]["start"]["timestep"] = 1000;
  expect_error(ErrorKind::kModel,
               HasSubstr("networks.upsamplers[0].start.timestep: must be from 0 to 999"),
               [&] { parse_manifest(json.dump(), "model.json"); });
}

TEST(Manifest, ThatIsNotJsonSaysWhere) {
  expect_error(ErrorKind::kModel, HasSubstr("model.json:2:"),
               [] { parse_manifest("{\n\"name\": }", "model.json"); });
  expect_error(ErrorKind::kModel, HasSubstr("must be an object"),
               [] { parse_manifest("[]", "model.json"); });
}

TEST(Manifest, SurvivesEveryTruncationAndFlippedByte) {
  const std::string whole = contents_of(tiny_package() / "model.json");
  for (std::size_t i = 0; i + 3 < whole.size(); i += 7) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x15);
    for (const std::string& text : {whole.substr(0, i), flipped}) {
      try {
        parse_manifest(text, "model.json");  // a flipped letter of a title is no fault
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kModel) << text;
      }
    }
  }
}

}  // namespace
}  // namespace dalle2::model
