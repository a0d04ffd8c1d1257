#include "options/check.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace dalle2::options {
namespace {

GenerateRequest request_for(const std::string& prompt) {
  GenerateRequest request;
  request.prompt = prompt;
  return request;
}

template <class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "accepted";
}

std::string prompt_refusal(std::string_view prompt) {
  return refusal([&] { check_prompt(prompt, "prompt"); });
}

std::string request_refusal(const GenerateRequest& request) {
  return refusal([&] { check_request(request); });
}

TEST(CheckPrompt, TextsOfAllScriptsAreAccepted) {
  for (const char* prompt :
       {"a fox", "ein Füchslein", "一只红狐狸", "ثعلب", "🦊", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(prompt_refusal(prompt), "accepted") << prompt;
  }
}

TEST(CheckPrompt, EmptyAndBlankPromptsAreRefused) {
  for (const char* prompt : {"", " ", "\n\t "}) {
    EXPECT_EQ(prompt_refusal(prompt), "prompt: is empty; say what the picture should show");
  }
}

TEST(CheckPrompt, InvalidUtf8IsRefusedWithItsPlace) {
  // A lone continuation, a cut sequence, Latin-1, overlong forms, a surrogate, beyond Unicode.
  for (const std::string bad :
       {"\x80", "\xC3", "\xFC", "\xC0\xAF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\xED\xA0\x80",
        "\xF4\x90\x80\x80", "\xE2\x82", "\xE2\x28\xA1"}) {
    EXPECT_EQ(prompt_refusal("ab" + bad), "prompt: is not valid UTF-8 at byte 3");
  }
}

TEST(CheckPrompt, ANulIsRefused) {
  EXPECT_EQ(prompt_refusal(std::string("a\0b", 3)), "prompt: has a NUL at byte 2");
}

TEST(CheckPrompt, LongPromptsAreRefusedWithTheLimit) {
  EXPECT_EQ(prompt_refusal(std::string(kMaxPromptBytes, 'a')), "accepted");
  EXPECT_EQ(prompt_refusal(std::string(100'000, 'a')),
            "prompt: is 100000 bytes long; at most 16384 are allowed");
}

TEST(CheckRequest, FieldsOutOfRangeAreRefusedWithTheirFlag) {
  GenerateRequest request = request_for("x");
  EXPECT_EQ(request_refusal(request), "accepted");
  request.steps = 0;
  EXPECT_EQ(request_refusal(request), "--steps: '0' is out of range: 1 to 1000");
  request.steps.reset();
  request.count = -3;
  EXPECT_NE(request_refusal(request).find("--count"), std::string::npos);
  request.count = 1;
  request.guidance = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(request_refusal(request), "--guidance: 'nan' is out of range: 0 to 100");
  request.guidance.reset();
  request.background = "red";
  EXPECT_NE(request_refusal(request).find("auto, transparent, opaque or #rrggbb"),
            std::string::npos);
}

TEST(CheckRequest, SeedsMayNotRunPastTheLast) {
  GenerateRequest request = request_for("x");
  request.count = 2;
  request.seed = std::numeric_limits<std::uint64_t>::max();
  EXPECT_NE(request_refusal(request).find("--seed"), std::string::npos);
  request.seed -= 1;
  EXPECT_EQ(request_refusal(request), "accepted");
}

TEST(CheckRequest, AnIntervalThatEndsBeforeItBeginsIsRefused) {
  GenerateRequest request = request_for("x");
  request.guidance_from = 0.8;
  request.guidance_until = 0.2;
  EXPECT_EQ(request_refusal(request), "--guidance-from: is after --guidance-until");
}

}  // namespace
}  // namespace dalle2::options
