#include "pipeline/settings.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "unit/pipeline/fixture.h"

namespace dalle2::pipeline {
namespace {

std::string refusal(const GenerateRequest& request, const model::Manifest& manifest) {
  try {
    resolve_settings(request, manifest, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST(Settings, TakeWhatTheRequestLeavesOpenFromTheManifest) {
  GenerateRequest request;
  request.prompt = "a red fox";
  request.seed = 9;
  const model::Manifest& manifest = tiny_manifest();
  const PictureSettings settings = resolve_settings(request, manifest, {});
  EXPECT_EQ(settings.steps, manifest.defaults.decoder.steps);
  EXPECT_EQ(settings.sampler, manifest.defaults.decoder.sampler);
  EXPECT_EQ(settings.guidance, manifest.defaults.decoder.guidance);
  EXPECT_EQ(settings.prior_candidates, manifest.defaults.prior.candidates);
  EXPECT_EQ(settings.width, manifest.defaults.size);
  EXPECT_EQ(settings.decoder_seed, 9u);
  EXPECT_EQ(settings.model_hash, manifest.sha256);
}

TEST(Settings, PutTheRequestBeforeTheManifest) {
  GenerateRequest request = small_request("a red fox");
  request.steps = 11;
  request.guidance_until = 0.5;
  request.decoder_seed = 77;
  const PictureSettings settings = resolve_settings(request, tiny_manifest(), {});
  EXPECT_EQ(settings.steps, 11);
  EXPECT_EQ(settings.guidance_until, 0.5);
  EXPECT_EQ(settings.decoder_seed, 77u);
  EXPECT_EQ(settings.upsampler_steps, 0) << "no upsampler runs at the decoder's size";
}

TEST(Settings, RefuseWhatThePackageCannotDo) {
  model::Manifest manifest = tiny_manifest();
  GenerateRequest request = small_request("a red fox");
  request.size = 1024;
  EXPECT_THAT(refusal(request, manifest), testing::HasSubstr("up to 256 pixels"));

  manifest.networks.classifier.reset();
  manifest.networks.image_encoder.reset();
  request = small_request("a red fox");
  request.classifier_scale = 1.0;
  EXPECT_THAT(refusal(request, manifest),
              testing::HasSubstr("--classifier-scale needs a classifier"));
  request = small_request("a red fox");
  request.best_of = 2;
  EXPECT_THAT(refusal(request, manifest), testing::HasSubstr("--best-of needs an image encoder"));
}

TEST(Settings, WordThePromptForTheBackground) {
  model::Defaults defaults;
  defaults.transparent_prompt = "{prompt}, transparent background";
  PictureSettings settings;
  settings.prompt = "a fox";
  settings.background = "transparent";
  EXPECT_EQ(worded_prompt(settings, defaults), "a fox, transparent background");
  settings.background = "auto";
  EXPECT_EQ(worded_prompt(settings, defaults), "a fox");
  settings.background = "opaque";  // the package has no words for it
  EXPECT_EQ(worded_prompt(settings, defaults), "a fox");
}

}  // namespace
}  // namespace dalle2::pipeline
