#include "model/find.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/expect_error.h"
#include "unit/model/model_fixture.h"

namespace dalle2::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// Two folders of models, one of them with "a" and "b", the other with another "b".
class Find : public ::testing::Test {
 protected:
  Find() {
    for (const fs::path& folder :
         {first_.path() / "a", first_.path() / "b", second_.path() / "b"}) {
      fs::create_directory(folder);
      write(folder / "model.json", "{}");
    }
    fs::create_directory(first_.path() / "no-package");
  }

  TemporaryFolder first_;
  TemporaryFolder second_;
  ScopedEnvironment models_{"DALLE2_MODELS",
                            first_.path().string() + "::" + second_.path().string() + ":/nowhere"};
};

TEST_F(Find, ANameIsTheFirstPackageOfThatName) {
  EXPECT_EQ(find_model("a"), first_.path() / "a");
  EXPECT_EQ(find_model("b"), first_.path() / "b");
}

TEST_F(Find, AFolderIsItself) { EXPECT_EQ(find_model(second_.path() / "b"), second_.path() / "b"); }

TEST_F(Find, AnUnknownNameListsWhatIsThere) {
  expect_error(
      ErrorKind::kModel,
      AllOf(HasSubstr("'c'"), HasSubstr(first_.path().string()), HasSubstr("installed: a, b")),
      [] { find_model("c"); });
}

TEST_F(Find, AFolderWithoutPackageSaysSo) {
  expect_error(ErrorKind::kModel, HasSubstr("no model.json"),
               [&] { find_model(first_.path() / "no-package"); });
}

TEST_F(Find, InstalledModelsAreListedByFolderAndName) {
  const std::vector<fs::path> models = installed_models();
  ASSERT_GE(models.size(), 3U);
  EXPECT_EQ(models[0], first_.path() / "a");
  EXPECT_EQ(models[1], first_.path() / "b");
  EXPECT_EQ(models[2], second_.path() / "b");
}

TEST_F(Find, OnlyFoldersDirectlyInAModelsFolderAreInstalled) {
  EXPECT_TRUE(is_installed(first_.path() / "a"));
  EXPECT_TRUE(is_installed(first_.path() / "a" / ".." / "b"));
  EXPECT_FALSE(is_installed(first_.path() / "a" / ".."));
  EXPECT_FALSE(is_installed(first_.path() / "missing"));
  EXPECT_FALSE(is_installed(fs::temp_directory_path()));
}

}  // namespace
}  // namespace dalle2::model
