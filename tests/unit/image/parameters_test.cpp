#include "image/parameters.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace dalle2::image {
namespace {

TEST(Parameters, AreThreeLinesOfText) {
  const Parameters parameters{
      "a red fox", "blurry", {{"Steps", "20"}, {"Sampler", "ddim"}, {"Size", "64x64"}}};
  EXPECT_EQ(format_parameters(parameters),
            "a red fox\nNegative prompt: blurry\nSteps: 20, Sampler: ddim, Size: 64x64");
}

TEST(Parameters, LeaveOutWhatIsEmpty) {
  EXPECT_EQ(format_parameters({"a fox", "", {}}), "a fox");
  EXPECT_EQ(format_parameters({"", "", {{"Steps", "20"}}}), "\nSteps: 20");
}

TEST(Parameters, QuoteValuesThatWouldSplitTheLine) {
  const Parameters parameters{
      "fox", "", {{"Steps", "9"}, {"Model", "a, \"b\": c\nd"}, {"Seed", ""}}};
  EXPECT_EQ(format_parameters(parameters), R"(fox
Steps: 9, Model: "a, \"b\": c\nd", Seed: "")");
  EXPECT_EQ(parse_parameters(format_parameters(parameters)), parameters);
}

// As the web UI writes them, with values that hold colons inside quotes.
TEST(Parameters, ReadTheWebUi) {
  const Parameters parsed = parse_parameters(
      "portrait of a fox, (fur:1.2)\nsecond line\nNegative prompt: lowres, text\n"
      "Steps: 28, Sampler: DPM++ 2M, CFG scale: 7, Seed: 42, Size: 512x768, Model hash: abc123, "
      "Lora hashes: \"fur: 1a2b, eyes: 3c4d\", Version: v1.10.1");
  EXPECT_EQ(parsed.prompt, "portrait of a fox, (fur:1.2)\nsecond line");
  EXPECT_EQ(parsed.negative_prompt, "lowres, text");
  ASSERT_EQ(parsed.settings.size(), 8U);
  EXPECT_EQ(parsed.settings[1], std::make_pair(std::string("Sampler"), std::string("DPM++ 2M")));
  EXPECT_EQ(parsed.settings[6].second, "fur: 1a2b, eyes: 3c4d");
}

TEST(Parameters, TakeAPromptThatLooksLikeASettingForAPrompt) {
  EXPECT_EQ(parse_parameters("style: ink").prompt, "style: ink");
  EXPECT_EQ(parse_parameters("a fox\nstyle: ink, mood: calm").prompt,
            "a fox\nstyle: ink, mood: calm");
}

TEST(Parameters, AreAllPromptWhenTheLastLineIsBroken) {
  for (const char* text : {"", "fox", "Steps", "Steps: 20, \"Sampler", "Steps: \"20, Seed: 1",
                           "Steps: \"2\" 0", ": 1, : 2, : 3"}) {
    EXPECT_EQ(parse_parameters(text), (Parameters{text, "", {}})) << text;
  }
}

// Line breaks inside prompts are kept; a prompt that imitates the format itself cannot be told
// apart.
RC_GTEST_PROP(Parameters, ReadBackWhatTheyWrite, ()) {
  const std::vector<std::string> letters = {"a", "b",  ",", ":", "\"",   "\\",
                                            " ", "\n", ".", "é", "🦊", "{"};
  const auto words =
      rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(letters)),
                   [](const std::vector<std::string>& parts) {
                     std::string text;
                     for (const std::string& part : parts) text += part;
                     return text;
                   });
  Parameters parameters;
  parameters.prompt = *words;
  parameters.negative_prompt = *words;
  parameters.settings = {{"Steps", "20"}};
  for (const std::string& value : *rc::gen::container<std::vector<std::string>>(3, words)) {
    parameters.settings.emplace_back("Key", value);
  }
  RC_ASSERT(parse_parameters(format_parameters(parameters)) == parameters);
}

}  // namespace
}  // namespace dalle2::image
