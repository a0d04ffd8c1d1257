#include "model/networks.h"

#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "base/sha256.h"
#include "unit/expect_error.h"
#include "unit/model/model_fixture.h"

namespace dalle2::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Placement kFloat32 = {at::kCPU, at::kFloat};
const Placement kBfloat16 = {at::kCPU, at::kBFloat16};
constexpr double kTolerance = 1e-4;
constexpr std::int64_t kRows = 2;
constexpr std::int64_t kLength = 16;
constexpr std::int64_t kWidth = 32;

/// As scripts/package/make_tiny.py makes it.
at::Tensor wave(at::IntArrayRef shape, double frequency) {
  const std::int64_t count = c10::multiply_integers(shape);
  return at::sin(at::arange(count, at::kDouble) * frequency).to(at::kFloat).reshape(shape);
}

class Networks : public ::testing::Test {
 protected:
  /// Every so manieth value of `output` must be the golden one.
  static void expect_golden(const std::string& file, std::size_t index, const at::Tensor& output) {
    static const Json golden =
        Json::parse(contents_of(std::filesystem::path(DALLE2_TEST_FIXTURES) / "tiny.json"));
    const auto expected = golden.at(file).at(index).get<std::vector<double>>();
    ASSERT_FALSE(expected.empty());
    const at::Tensor flat = output.detach().flatten();
    const std::int64_t stride = std::max<std::int64_t>(1, flat.numel() / 64);  // KEPT_VALUES
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(flat[static_cast<std::int64_t>(i) * stride].item<double>(), expected[i],
                  kTolerance)
          << file << " output " << index << " value " << i;
    }
  }

  static TextStates text() {
    return {wave({kRows, kWidth}, 0.7), wave({kRows, kLength, kWidth}, 0.31), mask()};
  }

  static at::Tensor mask() {
    const at::Tensor lengths = at::tensor({kLength, kLength / 2}, at::kLong);
    return at::arange(kLength).unsqueeze(0) < lengths.unsqueeze(1);
  }

  const ModelPackage& package() const { return package_; }

  at::Tensor t = at::tensor({10, 900}, at::kLong);
  at::Tensor picture = wave({kRows, 4, 64, 64}, 0.0137);

 private:
  ScopedEnvironment models_{"DALLE2_MODELS", DALLE2_TEST_FIXTURES};
  ModelPackage package_ = ModelPackage::open(tiny_package(), TrustPolicy::kKnown);
};

TEST_F(Networks, TheTextEncoderGivesWhatPythonGives) {
  TextEncoder encoder(package(), kFloat32);
  const at::Tensor ids = at::arange(kRows * kLength).reshape({kRows, kLength}) * 7 % 256;
  const TextStates states = encoder(ids, mask());
  expect_golden("text_encoder.pt", 0, states.embedding);
  expect_golden("text_encoder.pt", 1, states.token_states);
  EXPECT_TRUE(at::equal(states.mask, mask()));
}

TEST_F(Networks, ThePriorGivesWhatPythonGives) {
  Prior prior(package(), kFloat32);
  expect_golden("prior.pt", 0, prior(wave({kRows, kWidth}, 0.9), t, text()));
}

TEST_F(Networks, TheDecoderGivesWhatPythonGives) {
  Decoder decoder(package(), kFloat32);
  expect_golden("decoder.pt", 0, decoder(picture, t, wave({kRows, kWidth}, 0.5), text()));
}

TEST_F(Networks, TheUpsamplerGivesWhatPythonGives) {
  Upsampler upsampler(package(), 0, kFloat32);
  const at::Tensor x = wave({kRows, 4, 256, 256}, 0.0021);
  expect_golden("upsampler_256.pt", 0, upsampler(x, t, picture, false));
}

TEST_F(Networks, TheImageEncoderGivesWhatPythonGives) {
  ImageEncoder encoder(package(), kFloat32);
  const at::Tensor embedding = encoder(picture);
  expect_golden("image_encoder.pt", 0, embedding);
  EXPECT_FALSE(embedding.requires_grad());
}

TEST_F(Networks, TheClassifierAndItsGradientAreWhatPythonGives) {
  Classifier classifier(package(), kFloat32);
  for (int call = 0; call < 3; ++call) {  // the executor may treat the first calls differently
    const at::Tensor x = picture.clone().requires_grad_(true);
    const at::Tensor embedding = classifier.embedding(x, t);
    expect_golden("classifier.pt", 0, embedding);
    expect_golden("classifier.pt", 1, torch::autograd::grad({embedding.sum()}, {x}).front());
  }
}

TEST_F(Networks, Bfloat16IsCloseAndComesBackAsFloat32) {
  Decoder exact(package(), kFloat32);
  Decoder rounded(package(), kBfloat16);
  const at::Tensor embedding = wave({kRows, kWidth}, 0.5);
  const at::Tensor want = exact(picture, t, embedding, text());
  const at::Tensor got = rounded(picture, t, embedding, text());
  EXPECT_EQ(got.scalar_type(), at::kFloat);
  EXPECT_LT((got - want).norm().item<double>(), 0.03 * want.norm().item<double>());
}

TEST_F(Networks, TheClassifierHasAGradientInBfloat16) {
  Classifier classifier(package(), kBfloat16);
  const at::Tensor x = picture.clone().requires_grad_(true);
  const at::Tensor gradient =
      torch::autograd::grad({classifier.embedding(x, t).sum()}, {x}).front();
  EXPECT_EQ(gradient.scalar_type(), at::kFloat);
  EXPECT_GT(gradient.norm().item<double>(), 0.0);
}

TEST_F(Networks, ARowDoesNotDependOnTheOthers) {
  Decoder decoder(package(), kFloat32);
  const at::Tensor embedding = wave({kRows, kWidth}, 0.5);
  const TextStates both = text();
  const TextStates second = {both.embedding.slice(0, 1), both.token_states.slice(0, 1),
                             both.mask.slice(0, 1)};
  const at::Tensor alone =
      decoder(picture.slice(0, 1), t.slice(0, 1), embedding.slice(0, 1), second);
  const at::Tensor together = decoder(picture, t, embedding, both).slice(0, 1);
  EXPECT_LT((alone - together).abs().max().item<double>(), kTolerance);
}

TEST_F(Networks, DroppedTextIsFinite) {
  Decoder decoder(package(), kFloat32);
  const at::Tensor none = at::zeros({kRows, kWidth});
  EXPECT_TRUE(decoder(picture, t, none, text().zeros_like()).isfinite().all().item<bool>());
}

/// A package whose manifest promises what its networks do not keep.
class Promises : public ::testing::Test {
 protected:
  ModelPackage with(const char* patch) const {
    Json json = tiny_manifest();
    json.merge_patch(Json::parse(patch));
    write(copy_.folder() / "model.json", json.dump());
    return ModelPackage::open(copy_.folder(), TrustPolicy::kKnown);
  }

  /// Replaces a file, and its hash and size in the manifest.
  ModelPackage with_file(const std::string& name, const std::string& contents) const {
    write(copy_.folder() / name, contents);
    Json json = tiny_manifest();
    json["files"][name] = {{"size", contents.size()}, {"sha256", sha256_hex(contents)}};
    write(copy_.folder() / "model.json", json.dump());
    return ModelPackage::open(copy_.folder(), TrustPolicy::kKnown);
  }

 private:
  PackageCopy copy_;
  ScopedEnvironment models_{"DALLE2_MODELS", copy_.parent().string()};
};

TEST_F(Promises, AnotherShapeNamesTheNetworkAndBothShapes) {
  const ModelPackage package = with(R"({"networks": {"prior": {"variance": "learned_range"}}})");
  Prior prior(package, kFloat32);
  const TextStates text = {at::zeros({1, kWidth}), at::zeros({1, kLength, kWidth}),
                           at::ones({1, kLength}, at::kBool)};
  expect_error(ErrorKind::kModel,
               ::testing::StrEq("networks.prior: gives a tensor of shape [1, 32] where model.json "
                                "promises [1, 64]"),
               [&] {
                 prior(at::zeros({1, kWidth}), at::zeros({1}, at::kLong), text);
               });
}

TEST_F(Promises, AWiderSampleOfThePriorIsExpectedWhole) {
  const ModelPackage package =
      with(R"({"networks": {"prior": {"variance": "learned_range"}, "compositor":
               {"file": "prior.pt", "width": 48, "guided_width": 48}}})");
  Prior prior(package, kFloat32);
  const TextStates text = {at::zeros({1, kWidth}), at::zeros({1, kLength, kWidth}),
                           at::ones({1, kLength}, at::kBool)};
  expect_error(ErrorKind::kModel,
               HasSubstr("networks.prior: gives a tensor of shape [1, 32] where model.json "
                         "promises [1, 96]"),
               [&] {
                 prior(at::zeros({1, kWidth}), at::zeros({1}, at::kLong), text);
               });
}

TEST_F(Promises, AnotherNetworkInItsPlaceIsExplained) {
  const ModelPackage package = with(R"({"networks": {"decoder": {"file": "image_encoder.pt"}}})");
  Decoder decoder(package, kFloat32);
  const TextStates text = {at::zeros({1, kWidth}), at::zeros({1, kLength, kWidth}),
                           at::ones({1, kLength}, at::kBool)};
  expect_error(
      ErrorKind::kModel, AllOf(HasSubstr("networks.decoder: "), HasSubstr("argument")), [&] {
        decoder(at::zeros({1, 4, 64, 64}), at::zeros({1}, at::kLong), at::zeros({1, kWidth}), text);
      });
}

TEST_F(Promises, AFileThatIsNoTorchScriptIsExplained) {
  const ModelPackage package = with_file("prior.pt", "not a network");
  expect_error(ErrorKind::kModel, AllOf(HasSubstr("cannot load"), HasSubstr("prior.pt")),
               [&] { Prior prior(package, kFloat32); });
}

TEST_F(Promises, AMissingPartIsNamed) {
  const ModelPackage package = with(R"({"networks": {"classifier": null, "image_encoder": null}})");
  expect_error(ErrorKind::kModel, HasSubstr("the model tiny has no classifier"),
               [&] { Classifier classifier(package, kFloat32); });
  expect_error(ErrorKind::kModel, HasSubstr("has no image encoder"),
               [&] { ImageEncoder encoder(package, kFloat32); });
  expect_error(ErrorKind::kModel, HasSubstr("has 1 upsamplers, not 2"),
               [&] { Upsampler upsampler(package, 1, kFloat32); });
}

}  // namespace
}  // namespace dalle2::model
