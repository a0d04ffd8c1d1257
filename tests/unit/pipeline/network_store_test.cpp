#include "pipeline/network_store.h"

#include <filesystem>
#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "../expect_error.h"
#include "../temporary_folder.h"
#include "fixture.h"

namespace dalle2::pipeline {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

NetworkStore store_of(const fs::path& folder, bool low_memory) {
  return {model::ModelPackage::open(folder, model::TrustPolicy::kKnown), {}, low_memory};
}

model::TextStates some_text() {
  const model::Manifest& manifest = tiny_manifest();
  return {at::ones({1, manifest.embedding.width}),
          at::ones({1, manifest.tokenizer.max_length, manifest.networks.text_encoder.token_width}),
          at::ones({1, manifest.tokenizer.max_length}, at::kBool)};
}

/// Of the prior; all else being equal, equal weights give equal numbers.
at::Tensor output_of(NetworkStore& networks) {
  return networks.prior()(at::ones({1, tiny_manifest().embedding.width}), at::full({1}, 500),
                          some_text());
}

/// A copy of a package that may be damaged.
fs::path copy_of(const fs::path& package, const TemporaryFolder& models) {
  const fs::path folder = models.path() / package.filename();
  fs::copy(package, folder);
  ::setenv("DALLE2_MODELS", models.path().c_str(), 1);
  return folder;
}

void damage(const fs::path& file) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(1000);
  const char byte = static_cast<char>(stream.peek() ^ 1);
  stream.seekp(1000);
  stream.put(byte);
}

TEST(NetworkStore, NetworksLoadedAheadGiveWhatOthersGive) {
  NetworkStore ahead = store_of(tiny_package(), false);
  ahead.load_ahead(1);
  NetworkStore later = store_of(tiny_package(), false);
  EXPECT_TRUE(at::equal(output_of(ahead), output_of(later)));
}

TEST(NetworkStore, ANetworkStaysWhereItWasWhateverIsLoadedAheadLater) {
  NetworkStore networks = store_of(tiny_package(), false);
  model::Prior* const before = &networks.prior();
  networks.load_ahead(0);
  model::Decoder* const decoder = &networks.decoder();
  networks.load_ahead(1);
  networks.upsampler(0);
  EXPECT_EQ(&networks.prior(), before);
  EXPECT_EQ(&networks.decoder(), decoder);
}

TEST(NetworkStore, AFaultComesFromTheCallThatAsksForTheNetworkAndAgainFromTheNext) {
  const TemporaryFolder models;
  const fs::path folder = copy_of(tiny_package(), models);
  damage(folder / "prior.pt");
  NetworkStore networks = store_of(folder, false);
  networks.load_ahead(1);
  networks.text_encoder();
  networks.decoder();  // comes after the prior, and is whole
  for (int i = 0; i < 2; ++i) {
    expect_error(ErrorKind::kModel, HasSubstr("prior.pt: is damaged"), [&] { networks.prior(); });
  }
}

TEST(NetworkStore, TheClassifierIsLoadedAheadWhereItIsWanted) {
  const TemporaryFolder models;
  const fs::path folder = copy_of(tiny_package(), models);
  NetworkStore wanted = store_of(folder, false);
  NetworkStore unwanted = store_of(folder, false);
  wanted.load_ahead(1, /*with_classifier=*/true);
  unwanted.load_ahead(1);
  for (NetworkStore* networks : {&wanted, &unwanted}) {
    networks->upsampler(0);  // which is loaded after the classifier
  }
  damage(folder / "classifier.pt");
  wanted.classifier();
  expect_error(ErrorKind::kModel, HasSubstr("classifier.pt: is damaged"),
               [&] { unwanted.classifier(); });
}

TEST(NetworkStore, AFaultInWhatNobodyAsksForIsNoFault) {
  const TemporaryFolder models;
  const fs::path folder = copy_of(tiny_package(), models);
  damage(folder / "upsampler_256.pt");
  NetworkStore networks = store_of(folder, false);
  networks.load_ahead(1);
  networks.decoder();
}

TEST(NetworkStore, WithLowMemoryNothingIsLoadedAhead) {
  const TemporaryFolder models;
  const fs::path folder = copy_of(tiny_package(), models);
  NetworkStore roomy = store_of(folder, false);
  NetworkStore frugal = store_of(folder, true);
  for (NetworkStore* networks : {&roomy, &frugal}) {
    networks->load_ahead(1);
    networks->decoder();  // which is loaded after the prior
  }
  damage(folder / "prior.pt");
  roomy.prior();
  expect_error(ErrorKind::kModel, HasSubstr("prior.pt: is damaged"), [&] { frugal.prior(); });
}

TEST(NetworkStore, WithLowMemoryAnUpsamplersTwoNetworksAreNotKeptTogether) {
  const TemporaryFolder models;
  const fs::path folder = copy_of(fs::path(DALLE2_TEST_GOLDEN) / "unclip" / "unclip-tiny", models);
  NetworkStore roomy = store_of(folder, false);
  NetworkStore frugal = store_of(folder, true);
  const auto call = [](NetworkStore& networks, bool last_step) {
    networks.upsampler(0)(at::ones({1, 3, 32, 32}), at::full({1}, 5), at::ones({1, 3, 16, 16}),
                          last_step);
  };
  for (NetworkStore* networks : {&roomy, &frugal}) {
    call(*networks, /*last_step=*/false);
    call(*networks, /*last_step=*/true);
  }
  damage(folder / "upsampler_32.pt");  // which is read again if it was not kept
  call(roomy, /*last_step=*/false);
  expect_error(ErrorKind::kModel, HasSubstr("upsampler_32.pt: is damaged"),
               [&] { call(frugal, /*last_step=*/false); });
}

TEST(NetworkStore, ManyMayBeMadeAndDroppedWhileTheyLoad) {
  for (int i = 0; i < 10; ++i) {
    NetworkStore networks = store_of(tiny_package(), false);
    networks.load_ahead(1);
    if (i % 2 == 0) output_of(networks);
  }
}

}  // namespace
}  // namespace dalle2::pipeline
