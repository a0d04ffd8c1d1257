#include "model/package.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "unit/expect_error.h"
#include "unit/model/model_fixture.h"

namespace dalle2::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A copy of the tiny package that counts as installed.
class Package : public ::testing::Test {
 protected:
  ModelPackage open() const { return ModelPackage::open(folder(), TrustPolicy::kKnown); }
  fs::path folder() const { return copy_.folder(); }

  void expect_refused(const ::testing::Matcher<std::string>& message) const {
    expect_error(ErrorKind::kModel, message, [&] { open(); });
  }

 private:
  PackageCopy copy_;
  ScopedEnvironment models_{"DALLE2_MODELS", copy_.parent().string()};
};

TEST_F(Package, OpensAndReadsItsFiles) {
  const ModelPackage package = open();
  EXPECT_EQ(package.manifest().name, "tiny");
  EXPECT_EQ(package.read("prior.pt"), contents_of(tiny_package() / "prior.pt"));
  EXPECT_THAT(find_faults(folder()), IsEmpty());
}

TEST_F(Package, ItsHashIsThatOfItsManifest) {
  EXPECT_EQ(open().manifest().sha256, sha256_hex(contents_of(folder() / "model.json")));
}

TEST_F(Package, AMissingFolderIsRefused) {
  expect_error(ErrorKind::kModel, HasSubstr("no such folder"),
               [&] { ModelPackage::open(folder() / "none", TrustPolicy::kKnown); });
}

TEST_F(Package, AFolderWithoutManifestIsRefused) {
  fs::remove(folder() / "model.json");
  expect_refused(HasSubstr("is not a model package: it has no model.json"));
}

TEST_F(Package, AMissingFileIsRefused) {
  fs::remove(folder() / "decoder.pt");
  expect_refused(HasSubstr("decoder.pt: is missing"));
}

TEST_F(Package, ATruncatedFileIsRefusedWithItsSizes) {
  fs::resize_file(folder() / "decoder.pt", 1000);
  expect_refused(AllOf(HasSubstr("decoder.pt: has 1000 bytes and should have"),
                       HasSubstr("it was cut short")));
}

TEST_F(Package, ALongerFileIsRefused) {
  write(folder() / "prior.pt", contents_of(folder() / "prior.pt") + "x");
  expect_refused(AllOf(HasSubstr("prior.pt"), HasSubstr("it is another file")));
}

TEST_F(Package, SwappedFilesAreRefused) {
  fs::rename(folder() / "prior.pt", folder() / "aside");
  fs::rename(folder() / "decoder.pt", folder() / "prior.pt");
  fs::rename(folder() / "aside", folder() / "decoder.pt");
  expect_refused(HasSubstr("bytes and should have"));
}

TEST_F(Package, AnAlteredByteIsFoundWhenTheFileIsRead) {
  std::string bytes = contents_of(folder() / "prior.pt");
  bytes[bytes.size() / 2] ^= 1;
  write(folder() / "prior.pt", bytes);
  const ModelPackage package = open();
  expect_error(ErrorKind::kModel, AllOf(HasSubstr("prior.pt"), HasSubstr("SHA-256")),
               [&] { package.read("prior.pt"); });
  package.read("decoder.pt");
}

TEST_F(Package, AFolderInPlaceOfAFileIsRefused) {
  fs::remove(folder() / "prior.pt");
  fs::create_directory(folder() / "prior.pt");
  expect_refused(HasSubstr("prior.pt: is missing"));
}

TEST_F(Package, OnlyReadsFilesOfTheManifest) {
  write(folder() / "extra.pt", "x");
  const ModelPackage package = open();
  expect_error(ErrorKind::kModel, HasSubstr("knows no file \"extra.pt\""),
               [&] { package.read("extra.pt"); });
}

TEST_F(Package, FaultsAreAllListed) {
  fs::remove(folder() / "classifier.pt");
  write(folder() / "stranger.pt", "x");
  write(folder() / "evaluation.json", "{}");
  std::string bytes = contents_of(folder() / "prior.pt");
  bytes.back() ^= 1;
  write(folder() / "prior.pt", bytes);
  EXPECT_THAT(find_faults(folder()),
              ElementsAre(HasSubstr("classifier.pt: is missing"), HasSubstr("prior.pt: is damaged"),
                          HasSubstr("stranger.pt: is not part of the package")));
}

}  // namespace
}  // namespace dalle2::model
