#include "model/trust.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "model/package.h"
#include "unit/expect_error.h"
#include "unit/model/model_fixture.h"

namespace dalle2::model {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Trust : public ::testing::Test {
 protected:
  void open(TrustPolicy policy) const { ModelPackage::open(copy_.folder(), policy); }

  TemporaryFolder config_;
  PackageCopy copy_;
  ScopedEnvironment environment_{"XDG_CONFIG_HOME", config_.path().string()};
};

TEST_F(Trust, AStrangePackageIsRefusedAndSaysHowToAllowIt) {
  expect_error(ErrorKind::kModel, HasSubstr("run once with --trust"),
               [&] { open(TrustPolicy::kKnown); });
}

TEST_F(Trust, IsRemembered) {
  open(TrustPolicy::kRemember);
  open(TrustPolicy::kKnown);
  EXPECT_THAT(contents_of(config_.path() / "dalle2" / "trusted"),
              HasSubstr("  " + copy_.folder().string() + "\n"));
}

TEST_F(Trust, IsRememberedOnce) {
  open(TrustPolicy::kRemember);
  const std::string once = contents_of(trusted_file());
  open(TrustPolicy::kRemember);
  EXPECT_EQ(contents_of(trusted_file()), once);
}

TEST_F(Trust, EndsWhenTheManifestChanges) {
  open(TrustPolicy::kRemember);
  write(copy_.folder() / "model.json", contents_of(copy_.folder() / "model.json") + "\n");
  expect_error(ErrorKind::kModel, HasSubstr("--trust"), [&] { open(TrustPolicy::kKnown); });
}

TEST_F(Trust, FollowsThePackageToAnotherFolder) {
  open(TrustPolicy::kRemember);
  fs::rename(copy_.folder(), copy_.parent() / "moved");
  ModelPackage::open(copy_.parent() / "moved", TrustPolicy::kKnown);
}

TEST_F(Trust, InstalledPackagesNeedNone) {
  const ScopedEnvironment models("DALLE2_MODELS", copy_.parent().string());
  open(TrustPolicy::kKnown);
}

TEST_F(Trust, ALinkInTheInstalledFolderTrustsNothing) {
  const TemporaryFolder installed;
  fs::create_directory_symlink(copy_.folder(), installed.path() / "tiny");
  const ScopedEnvironment models("DALLE2_MODELS", installed.path().string());
  expect_error(ErrorKind::kModel, HasSubstr("--trust"),
               [&] { ModelPackage::open(installed.path() / "tiny", TrustPolicy::kKnown); });
}

TEST_F(Trust, ThatCannotBeRememberedIsAnOutputError) {
  write(config_.path() / "dalle2", "a file where a folder should be");
  expect_error(ErrorKind::kOutput, HasSubstr("cannot be written"),
               [&] { open(TrustPolicy::kRemember); });
}

}  // namespace
}  // namespace dalle2::model
