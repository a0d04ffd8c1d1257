#include "options/resolve.h"

#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"

namespace dalle2::options {
namespace {

namespace fs = std::filesystem;

class Resolve : public testing::Test {
 protected:
  Resolve() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              ("dalle2-resolve-" + std::to_string(getpid()) + "-" + test->name());
    fs::create_directories(folder_ / "project" / "below");
    fs::create_directories(folder_ / "config" / "dalle2");
    variables_["XDG_CONFIG_HOME"] = folder_ / "config";
  }
  ~Resolve() override { fs::remove_all(folder_); }

  void write(const fs::path& file, const std::string& text) {
    std::ofstream(folder_ / file) << text;
  }

  Invocation resolve(std::vector<std::string> words) {
    const Environment environment = [&](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    return options::resolve(words, environment, folder_ / "project" / "below");
  }

  std::string refusal(std::vector<std::string> words) {
    try {
      resolve(std::move(words));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return error.what();
    }
    return "accepted";
  }

  fs::path folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(Resolve, FlagsBeatVariablesBeatProjectFileBeatsUserFile) {
  write("config/dalle2/config.toml", "steps = 1\nprior_steps = 1\nguidance = 1\neta = 0.1\n");
  write("project/.dalle2.toml", "steps = 2\nprior-steps = 2\nguidance = 2.5\n");
  variables_["DALLE2_STEPS"] = "3";
  variables_["DALLE2_PRIOR_STEPS"] = "3";
  const Invocation invocation = resolve({"generate", "x", "--steps", "4"});
  const GenerateRequest& request = invocation.settings.request;
  EXPECT_EQ(request.steps, 4);
  EXPECT_EQ(request.prior_steps, 3);
  EXPECT_EQ(request.guidance, 2.5);
  EXPECT_EQ(request.eta, 0.1);
  EXPECT_EQ(invocation.config_files.size(), 2U);
}

TEST_F(Resolve, ANamedFileTakesThePlaceOfTheProjectFile) {
  write("project/.dalle2.toml", "steps = 2\neta = 0.2\n");
  write("other.toml", "steps = 5\n");
  const auto request =
      resolve({"generate", "x", "--config", folder_ / "other.toml"}).settings.request;
  EXPECT_EQ(request.steps, 5);
  EXPECT_FALSE(request.eta.has_value());
  variables_["DALLE2_CONFIG"] = folder_ / "other.toml";
  EXPECT_EQ(resolve({"generate", "x"}).settings.request.steps, 5);
}

TEST_F(Resolve, SectionsAndOptionsOfOtherCommandsAreLeftAlone) {
  write("project/.dalle2.toml",
        "steps = 2\n[bench]\nsteps = 7\nrepeats = 9\n[generate]\neta = 1\n");
  EXPECT_EQ(resolve({"generate", "x"}).settings.request.steps, 2);
  EXPECT_EQ(resolve({"generate", "x"}).settings.request.eta, 1.0);
  EXPECT_EQ(resolve({"bench"}).settings.request.steps, 7);
  EXPECT_EQ(resolve({"bench"}).settings.bench.repeats, 9);
  EXPECT_NO_THROW(resolve({"doctor"}));
}

TEST_F(Resolve, ErrorsNameTheVariableOrTheLine) {
  variables_["DALLE2_STEPS"] = "many";
  EXPECT_EQ(refusal({"generate", "x"}),
            "DALLE2_STEPS: 'many' is not a whole number; give 1 to 1000");
  variables_.erase("DALLE2_STEPS");
  const std::string file = (folder_ / "project" / ".dalle2.toml").string();
  write("project/.dalle2.toml", "# mine\nsteps = 0\n");
  EXPECT_EQ(refusal({"generate", "x"}), file + ":2: steps: '0' is out of range: 1 to 1000");
  write("project/.dalle2.toml", "\n\nstepz = 3\n");
  EXPECT_EQ(refusal({"generate", "x"}), file + ":3: unknown key 'stepz' (did you mean 'steps'?)");
  write("project/.dalle2.toml", "[genrate]\nsteps = 3\n");
  EXPECT_EQ(refusal({"generate", "x"}), file + ":2: [genrate] is not a command");
}

TEST_F(Resolve, AFileCannotTrustAModel) {
  write("project/.dalle2.toml", "trust = true\n");
  EXPECT_NE(refusal({"generate", "x"}).find("'trust' cannot be set in a file"), std::string::npos);
  fs::remove(folder_ / "project" / ".dalle2.toml");
  variables_["DALLE2_TRUST"] = "1";
  EXPECT_FALSE(resolve({"generate", "x"}).settings.generator.trust);
}

TEST_F(Resolve, AMissingNamedFileIsAnError) {
  EXPECT_NE(refusal({"generate", "x", "--config", "nowhere.toml"}).find("nowhere.toml"),
            std::string::npos);
}

TEST_F(Resolve, HelpWorksWithABrokenConfiguration) {
  write("project/.dalle2.toml", "this is not a setting\n");
  EXPECT_TRUE(resolve({"generate", "--help"}).settings.ui.help);
  EXPECT_EQ(resolve({"help"}).command, Command::kHelp);
}

TEST_F(Resolve, EmptyVariablesCountAsUnset) {
  variables_["DALLE2_STEPS"] = "";
  EXPECT_FALSE(resolve({"generate", "x"}).settings.request.steps.has_value());
}

TEST_F(Resolve, ForceIsShortForOverwriteAndTheLastOneWins) {
  EXPECT_EQ(resolve({"generate", "x", "-f"}).settings.output.if_exists, "overwrite");
  EXPECT_EQ(resolve({"generate", "x", "-f", "--if-exists", "skip"}).settings.output.if_exists,
            "skip");
}

TEST_F(Resolve, WhetherASeedWasGivenIsKnown) {
  EXPECT_FALSE(resolve({"generate", "x"}).settings.seed_given);
  EXPECT_TRUE(resolve({"generate", "x", "--seed", "0"}).settings.seed_given);
}

}  // namespace
}  // namespace dalle2::options
