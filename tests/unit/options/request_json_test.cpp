#include "options/request_json.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace dalle2::options {
namespace {

std::string refusal(const std::string& json) {
  try {
    request_from_json(Json::parse(json), "r.jsonl:3");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "accepted";
}

PictureSettings full_settings() {
  PictureSettings s;
  s.prompt = "ein \"Fuchs\"\n🦊";
  s.negative_prompt = "blurry";
  s.seed = 18446744073709551615U;
  s.decoder_seed = 3;
  s.steps = 20;
  s.prior_steps = 12;
  s.upsampler_steps = 4;
  s.sampler = "ddim";
  s.eta = 0.25;
  s.guidance = 3.5;
  s.prior_guidance = 2.0;
  s.classifier_scale = 1.5;
  s.guidance_from = 0.1;
  s.guidance_until = 0.9;
  s.prior_candidates = 2;
  s.best_of = 3;
  s.width = 256;
  s.height = 256;
  s.background = "#102030";
  s.model = "emoji";
  s.model_hash = std::string(64, 'a');
  s.device = "cpu";
  s.dtype = "bfloat16";
  return s;
}

TEST(RequestJson, ARequestSurvivesTheWayThereAndBack) {
  GenerateRequest request;
  request.prompt = "a fox";
  request.count = 3;
  request.seed = 9;
  request.steps = 12;
  request.background = "transparent";
  const Json json = request_to_json(request);
  EXPECT_FALSE(json.contains("guidance"));
  EXPECT_EQ(request_to_json(request_from_json(json, "x")), json);
}

TEST(RequestJson, SettingsSurviveTheWayThereAndBack) {
  const Json json = settings_to_json(full_settings());
  const Json again = settings_to_json(settings_from_json(Json::parse(json.dump()), "x"));
  EXPECT_EQ(again, json);
  // Every field has left its default, so none was lost on the way.
  for (const auto& [key, value] : json.items()) {
    if (key == "count") continue;  // always one: these are the settings of one picture
    EXPECT_NE(value, settings_to_json(PictureSettings{}).value(key, Json())) << key;
  }
}

TEST(RequestJson, WhatElseAPictureWasMadeFromIsKept) {
  PictureSettings settings = full_settings();
  EXPECT_FALSE(settings_to_json(settings).contains("source"));
  settings.source = R"({"command":"vary","from":{"picture":"fox.png"}})";
  const Json json = settings_to_json(settings);
  EXPECT_EQ(json.at("source").at("from").at("picture"), "fox.png");
  EXPECT_EQ(settings_from_json(json, "x").source, settings.source);
}

TEST(RequestJson, UnknownKeysAndWrongTypesAreRefusedByName) {
  EXPECT_EQ(refusal(R"({"prompt":"x","stepz":3})"),
            "r.jsonl:3: unknown key 'stepz' (did you mean 'steps'?)");
  EXPECT_EQ(refusal(R"({"prompt":"x","steps":"3"})"),
            "r.jsonl:3: steps: expected a whole number, 1 to 1000");
  EXPECT_EQ(refusal(R"({"prompt":"x","steps":2.5})"),
            "r.jsonl:3: steps: '2.5' is not a whole number; give 1 to 1000");
  EXPECT_EQ(refusal(R"({"prompt":"x","steps":-1})"),
            "r.jsonl:3: steps: '-1' is out of range: 1 to 1000");
  EXPECT_EQ(refusal(R"({"prompt":"x","guidance":true})"),
            "r.jsonl:3: guidance: expected a number, 0 to 100");
  EXPECT_EQ(refusal(R"({"prompt":1})"), "r.jsonl:3: prompt: has the wrong type");
  EXPECT_EQ(refusal(R"({"steps":1})"), "r.jsonl:3: 'prompt' is missing");
  EXPECT_EQ(refusal("[]"), "r.jsonl:3: expected a JSON object");
}

TEST(RequestJson, OptionsThatAreNoPartOfARequestAreUnknown) {
  EXPECT_NE(refusal(R"({"prompt":"x","device":"cuda"})").find("unknown key 'device'"),
            std::string::npos);
}

}  // namespace
}  // namespace dalle2::options
