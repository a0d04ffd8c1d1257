#include "cli/output_plan.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"

namespace dalle2::cli {
namespace {

namespace fs = std::filesystem;

class OutputPlanTest : public testing::Test {
 protected:
  OutputPlanTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        fs::temp_directory_path() / ("dalle2-plan-" + std::to_string(getpid()) + test->name());
    fs::create_directories(folder_);
    request_.prompt = "A Red Fox";
    request_.seed = 7;
  }
  ~OutputPlanTest() override { fs::remove_all(folder_); }

  OutputPlan plan(const std::string& target, bool terminal = false) {
    settings_.output.target = target;
    return plan_output(settings_, request_, terminal);
  }

  std::string refusal(const std::string& target, ErrorKind kind, bool terminal = false) {
    try {
      OutputPlan made = plan(target, terminal);
      check_output(settings_, &made);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      return error.what();
    }
    return "accepted";
  }

  void touch(const fs::path& file) { std::ofstream(folder_ / file) << "x"; }
  std::string in_folder(const std::string& name) { return (folder_ / name).string(); }

  fs::path folder_;
  options::Settings settings_;
  GenerateRequest request_;
};

TEST_F(OutputPlanTest, ANamedFileKeepsItsNameAndGivesTheFormat) {
  EXPECT_EQ(plan("fox.jpg").files, std::vector<fs::path>{"fox.jpg"});
  EXPECT_EQ(plan("fox.jpg").format->name, "jpeg");
  EXPECT_EQ(plan("fox.WEBP").format->name, "webp");
}

TEST_F(OutputPlanTest, SeveralPicturesOfANamedFileAreNumberedSoThatTheySort) {
  request_.count = 11;
  const OutputPlan made = plan("out/fox.png");
  ASSERT_EQ(made.files.size(), 11U);
  EXPECT_EQ(made.files.front(), "out/fox-01.png");
  EXPECT_EQ(made.files.back(), "out/fox-11.png");
}

TEST_F(OutputPlanTest, WithoutANameOrInAFolderPicturesAreNamedAfterPromptAndSeed) {
  request_.count = 2;
  EXPECT_EQ(plan("").files, (std::vector<fs::path>{"a-red-fox-7.png", "a-red-fox-8.png"}));
  EXPECT_EQ(plan("new/").files.front(), "new/a-red-fox-7.png");
  settings_.output.format = "webp";
  EXPECT_EQ(plan(folder_.string()).files.back(), folder_ / "a-red-fox-8.webp");
}

TEST_F(OutputPlanTest, NamesWithoutAKnownExtensionNeedAFormat) {
  EXPECT_NE(refusal("fox", ErrorKind::kUsage).find("-o fox: the name needs one of"),
            std::string::npos);
  EXPECT_NE(refusal("fox.gif", ErrorKind::kUsage).find("--format"), std::string::npos);
  settings_.output.format = "png";
  EXPECT_EQ(refusal(in_folder("fox.dat"), ErrorKind::kUsage), "accepted");
}

TEST_F(OutputPlanTest, AFormatThatContradictsTheExtensionIsRefused) {
  settings_.output.format = "jpeg";
  EXPECT_EQ(refusal("fox.png", ErrorKind::kUsage),
            "--format jpeg contradicts the extension in -o fox.png");
}

TEST_F(OutputPlanTest, TransparencyNeedsAFormatThatHasIt) {
  request_.background = "transparent";
  EXPECT_NE(refusal("fox.jpg", ErrorKind::kUsage).find("--background transparent needs"),
            std::string::npos);
  EXPECT_EQ(refusal(in_folder("fox.png"), ErrorKind::kUsage), "accepted");
}

TEST_F(OutputPlanTest, StandardOutputTakesOnePictureAndNoTerminalAndNoJson) {
  EXPECT_TRUE(plan("-").to_stdout);
  EXPECT_NE(refusal("-", ErrorKind::kUsage, true).find("terminal"), std::string::npos);
  settings_.ui.json = true;
  EXPECT_NE(refusal("-", ErrorKind::kUsage).find("--json"), std::string::npos);
  settings_.ui.json = false;
  request_.count = 2;
  EXPECT_NE(refusal("-", ErrorKind::kUsage).find("-n is 2"), std::string::npos);
}

TEST_F(OutputPlanTest, AnExistingFileIsAnErrorUnlessToldOtherwise) {
  touch("fox.png");
  EXPECT_NE(refusal(in_folder("fox.png"), ErrorKind::kOutput).find("exists already"),
            std::string::npos);
  for (const char* policy : {"skip", "rename", "overwrite"}) {
    settings_.output.if_exists = policy;
    EXPECT_EQ(refusal(in_folder("fox.png"), ErrorKind::kOutput), "accepted") << policy;
  }
}

TEST_F(OutputPlanTest, SkipMarksOnlyWhatIsThere) {
  touch("fox-2.png");
  request_.count = 3;
  settings_.output.if_exists = "skip";
  OutputPlan made = plan(in_folder("fox.png"));
  check_output(settings_, &made);
  EXPECT_EQ(made.skipped, (std::vector<bool>{false, true, false}));
}

TEST_F(OutputPlanTest, FoldersThatCannotHoldTheFileAreRefused) {
  touch("file");
  EXPECT_NE(refusal(in_folder("file/fox.png"), ErrorKind::kOutput), "accepted");
  EXPECT_NE(refusal(in_folder("file/"), ErrorKind::kOutput), "accepted");
  EXPECT_NE(refusal(in_folder("missing/fox.png"), ErrorKind::kOutput), "accepted");
  EXPECT_NE(refusal(in_folder(std::string(300, 'x') + ".png"), ErrorKind::kOutput), "accepted");
  EXPECT_FALSE(fs::exists(folder_ / "missing"));
}

TEST_F(OutputPlanTest, AFolderNamedWithASlashIsMade) {
  EXPECT_EQ(refusal(in_folder("a/b/"), ErrorKind::kOutput), "accepted");
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b"));
}

TEST_F(OutputPlanTest, DevicesAreNeverReplaced) {
  settings_.output.format = "png";
  settings_.output.if_exists = "overwrite";
  EXPECT_NE(refusal("/dev/null", ErrorKind::kOutput).find("is not a file"), std::string::npos);
}

TEST_F(OutputPlanTest, CheckingLeavesNothingBehind) {
  refusal(in_folder("fox.png"), ErrorKind::kOutput);
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace dalle2::cli
