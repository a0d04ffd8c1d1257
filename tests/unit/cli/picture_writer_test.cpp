#include "cli/picture_writer.h"

#include <filesystem>
#include <limits>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.h"
#include "base/json.h"
#include "image/metadata.h"
#include "options/request_json.h"

namespace dalle2::cli {
namespace {

namespace fs = std::filesystem;

class PictureWriterTest : public testing::Test {
 protected:
  PictureWriterTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        fs::temp_directory_path() / ("dalle2-writer-" + std::to_string(getpid()) + test->name());
    fs::create_directories(folder_);
    request_.prompt = "ein Füchslein";
    picture_.picture = {2, 1, {255, 0, 0, 255, 0, 255, 0, 128}};
    picture_.settings.prompt = request_.prompt;
    picture_.settings.seed = 9;
    picture_.settings.sampler = "ddim";
    picture_.settings.steps = picture_.settings.prior_steps = 2;
    picture_.settings.width = picture_.settings.height = 2;
    picture_.settings.background = "auto";
    picture_.settings.model = "tiny";
    picture_.settings.model_hash = std::string(64, 'a');
    picture_.text_similarity = 0.25;
    picture_.similarities = {0.125, 0.25};
  }
  ~PictureWriterTest() override { fs::remove_all(folder_); }

  /// What is printed when the picture is written as the first of the request.
  std::string written(const std::string& name) {
    settings_.output.target = (folder_ / name).string();
    const OutputPlan plan = plan_output(settings_, request_, false);
    testing::internal::CaptureStdout();
    PictureWriter(settings_, plan).write(0, picture_);
    return testing::internal::GetCapturedStdout();
  }

  std::string bytes(const std::string& name) {
    return read_file(folder_ / name, ErrorKind::kRuntime);
  }

  fs::path folder_;
  options::Settings settings_;
  GenerateRequest request_;
  GeneratedPicture picture_;
};

TEST_F(PictureWriterTest, WritesTheFileAndPrintsItsPath) {
  EXPECT_EQ(written("fox.png"), (folder_ / "fox.png").string() + "\n");
  EXPECT_TRUE(bytes("fox.png").starts_with("\x89PNG"));
}

TEST_F(PictureWriterTest, StoresSettingsThatMakeThePictureAgain) {
  for (const char* name : {"fox.png", "fox.jpg", "fox.webp"}) {
    written(name);
    const image::Metadata metadata = image::read_metadata(bytes(name));
    const std::string* stored = image::find_text(metadata, "dalle2");
    ASSERT_NE(stored, nullptr) << name;
    const PictureSettings again = options::settings_from_json(Json::parse(*stored), name);
    EXPECT_EQ(again.prompt, request_.prompt);
    EXPECT_EQ(again.seed, 9U);
    const std::string* parameters = image::find_text(metadata, "parameters");
    ASSERT_NE(parameters, nullptr) << name;
    EXPECT_TRUE(parameters->starts_with("ein Füchslein\nSteps: 2, Sampler: ddim")) << *parameters;
  }
}

TEST_F(PictureWriterTest, StoresNothingWithNoMetadata) {
  settings_.output.no_metadata = true;
  written("fox.png");
  EXPECT_TRUE(image::read_metadata(bytes("fox.png")).empty());
}

TEST_F(PictureWriterTest, PrintsOneJsonObjectWithJson) {
  settings_.ui.json = true;
  const std::string line = written("fox.png");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const Json json = Json::parse(line);
  EXPECT_EQ(json["path"], (folder_ / "fox.png").string());
  EXPECT_EQ(json["seed"], 9);
  EXPECT_EQ(json["text_similarity"], 0.25);
  EXPECT_EQ(json["similarities"], Json({0.125, 0.25}));
  EXPECT_FALSE(json.contains("prior_similarities"));
  picture_.text_similarity = std::numeric_limits<double>::quiet_NaN();
  picture_.similarities.clear();
  EXPECT_FALSE(Json::parse(written("other.png")).contains("text_similarity"));
}

TEST_F(PictureWriterTest, PrintsTheNewNameWhenRenamed) {
  written("fox.png");
  settings_.output.if_exists = "rename";
  EXPECT_EQ(written("fox.png"), (folder_ / "fox-1.png").string() + "\n");
}

TEST_F(PictureWriterTest, LeavesAFileAloneThatAppearedMeanwhile) {
  written("fox.png");
  const std::string before = bytes("fox.png");
  picture_.picture.rgba[0] = 0;
  EXPECT_THROW(written("fox.png"), Error);
  testing::internal::GetCapturedStdout();
  EXPECT_EQ(bytes("fox.png"), before);
}

}  // namespace
}  // namespace dalle2::cli
