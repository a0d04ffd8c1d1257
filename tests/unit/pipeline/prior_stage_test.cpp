#include "pipeline/prior_stage.h"

#include <cmath>
#include <numbers>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include "base/sha256.h"
#include "unit/model/model_fixture.h"

namespace dalle2::pipeline {
namespace {

/// Unit vectors at these angles, in degrees.
at::Tensor at_angles(std::initializer_list<double> degrees) {
  const at::Tensor angles = at::tensor(std::vector<double>(degrees)) * (std::numbers::pi / 180.0);
  return at::stack({angles.cos(), angles.sin()}, 1);
}

TEST(BestCandidates, OfTwoTheOneNearerToTheTextIsKept) {
  const PriorSample best =
      best_candidates(at_angles({10, 80, 100, 150}), at_angles({90, 90}), /*candidates=*/2);
  EXPECT_TRUE(at::allclose(best.embeddings, at_angles({80, 100})));
  EXPECT_NEAR(best.similarities[0][1].item<double>(), std::cos(std::numbers::pi / 18), 1e-12);
}

TEST(BestCandidates, OfMoreTheOneNearestToTheOthersIsKeptWhateverTheTextAndTheLengths) {
  const at::Tensor lengths = at::tensor({5.0, 1.0, 2.0, 1.0, 1.0, 9.0}).unsqueeze(1);
  const at::Tensor drawn = at_angles({0, 30, 90, 200, 180, 100}) * lengths;
  const PriorSample best = best_candidates(drawn, at_angles({90, 270}), /*candidates=*/3);
  EXPECT_TRUE(at::allclose(best.embeddings, drawn.index_select(0, at::tensor({1, 4}))));
  const double of_others = (std::cos(std::numbers::pi / 6) + std::cos(std::numbers::pi / 3)) / 2;
  EXPECT_NEAR(best.similarities[0][1].item<double>(), of_others, 1e-12);
}

TEST(BestCandidates, WithoutAChoiceEveryRowIsKept) {
  const at::Tensor drawn = at_angles({0, 30, 90});
  EXPECT_TRUE(at::equal(best_candidates(drawn, at_angles({90, 90, 90}), 1).embeddings, drawn));
}

TEST(BestCandidates, SketchesGoWithTheirEmbeddings) {
  const at::Tensor sketches = at::arange(4).view({4, 1, 1, 1});
  const PriorSample best =
      best_candidates(at_angles({10, 80, 100, 150}), at_angles({90, 90}), 2, sketches);
  EXPECT_TRUE(at::equal(best.sketches.flatten(), at::tensor({1, 2})));
}

/// Replaces a network of a package copy, or adds one.
void put_network(Json& manifest, const std::filesystem::path& file, const std::string& forward) {
  torch::jit::Module module("Network");
  module.define(forward);
  module.save(file.string());
  const std::string bytes = model::contents_of(file);
  manifest["files"][file.filename()] = {{"size", bytes.size()}, {"sha256", sha256_hex(bytes)}};
}

TEST(SamplePrior, OfAWiderSampleTheCompositorMakesSketchesAndTheImageEncoderEmbedsThem) {
  const model::PackageCopy copy;
  const model::ScopedEnvironment models("DALLE2_MODELS", copy.parent().string());
  Json json = model::tiny_manifest();
  put_network(json, copy.folder() / "prior.pt",
              "def forward(self, x, t, text, states, mask):\n"
              "  return x + torch.any(mask, 1, True)\n");
  put_network(json, copy.folder() / "compositor.pt",
              "def forward(self, x):\n"
              "  return x.sin().repeat(1, 4096).view(-1, 4, 64, 64)\n");
  json["networks"]["compositor"] = {{"file", "compositor.pt"}, {"width", 4}, {"guided_width", 1}};
  model::write(copy.folder() / "model.json", json.dump());
  const auto package = model::ModelPackage::open(copy.folder(), model::TrustPolicy::kKnown);
  model::Prior prior(package, {at::kCPU, at::kFloat});
  model::Compositor compositor(package, {at::kCPU, at::kFloat});
  model::ImageEncoder image_encoder(package, {at::kCPU, at::kFloat});
  const SketchNetworks sketch{compositor, image_encoder};

  const at::Tensor start = at::sin(at::arange(3 * 4, at::kFloat)).view({3, 4});
  // The only step ends on the network's x0: with text 1 more, and 3 where guidance is 3.
  const at::Tensor sketches = compositor(start + at::tensor({3.0F, 1.0F, 1.0F, 1.0F}));
  const at::Tensor embeddings = image_encoder(sketches);
  const model::TextStates text = {embeddings.slice(0, 1, 2), at::zeros({1, 16, 32}),
                                  at::ones({1, 16}, at::kBool)};
  diffusion::NoiseFromTensors noise({start});
  const PriorSample sample =
      sample_prior(prior, &sketch, package.manifest(), text, text.zeros_like(),
                   {.steps = 1, .guidance = 3.0, .candidates = 3, .on_step = {}}, noise);
  const PriorSample expected = best_candidates(embeddings, text.embedding, 3, sketches);
  EXPECT_TRUE(at::allclose(sample.embeddings, expected.embeddings, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(sample.sketches, expected.sketches, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(sample.similarities, expected.similarities, 1e-4, 1e-5));
}

}  // namespace
}  // namespace dalle2::pipeline
