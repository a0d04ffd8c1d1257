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

/// Gives the tiny package in `folder` a prior with samples of two embeddings, which it swaps.
void make_wide(const std::filesystem::path& folder) {
  torch::jit::Module swap("Swap");
  swap.define(
      "def forward(self, x, t, text, states, mask):\n"
      "  return torch.cat([x[:, 32:], x[:, :32]], 1)\n");
  const std::filesystem::path file = folder / "prior.pt";
  swap.save(file.string());
  const std::string bytes = model::contents_of(file);
  Json json = model::tiny_manifest();
  json["networks"]["prior"]["width"] = 64;
  json["files"]["prior.pt"] = {{"size", bytes.size()}, {"sha256", sha256_hex(bytes)}};
  model::write(folder / "model.json", json.dump());
}

TEST(SamplePrior, OfAWiderSampleTheFirstNumbersAreTheEmbedding) {
  const model::PackageCopy copy;
  const model::ScopedEnvironment models("DALLE2_MODELS", copy.parent().string());
  make_wide(copy.folder());
  const auto package = model::ModelPackage::open(copy.folder(), model::TrustPolicy::kKnown);
  model::Prior prior(package, {at::kCPU, at::kFloat});

  const model::EmbeddingSpec& e = package.manifest().embedding;
  const at::Tensor start = at::sin(at::arange(2 * 64, at::kFloat)).view({2, 64});
  const at::Tensor drawn = start.slice(1, 32) * at::tensor(e.std) + at::tensor(e.mean);
  const at::Tensor nearer = drawn.slice(0, 1);
  const model::TextStates text = {nearer, at::zeros({1, 16, 32}), at::ones({1, 16}, at::kBool)};
  diffusion::NoiseFromTensors noise({start});
  // The only step ends on the network's x0.
  const PriorSample sample =
      sample_prior(prior, package.manifest(), text, text.zeros_like(),
                   {.steps = 1, .guidance = 1.0, .candidates = 2, .on_step = {}}, noise);
  EXPECT_TRUE(at::allclose(sample.embeddings, nearer));
  EXPECT_TRUE(at::allclose(sample.similarities, at::cosine_similarity(drawn, nearer, 1)));
}

}  // namespace
}  // namespace dalle2::pipeline
