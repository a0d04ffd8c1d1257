#include "cli/picture_metadata.h"

#include <cstdio>

#include "base/version.h"
#include "image/parameters.h"
#include "options/request_json.h"

namespace dalle2::cli {
namespace {

/// As many digits of a model's hash as other tools store.
constexpr std::size_t kShortHash = 10;

std::string number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", x);
  return text;
}

}  // namespace

image::Metadata make_metadata(const PictureSettings& s) {
  image::Parameters parameters;
  parameters.prompt = s.prompt;
  parameters.negative_prompt = s.negative_prompt;
  parameters.settings = {
      {"Steps", std::to_string(s.steps)},
      {"Sampler", s.sampler},
      {"CFG scale", number(s.guidance)},
      {"Seed", std::to_string(s.seed)},
      {"Size", std::to_string(s.width) + "x" + std::to_string(s.height)},
      {"Model hash", s.model_hash.substr(0, kShortHash)},
      {"Model", s.model},
      {"Prior steps", std::to_string(s.prior_steps)},
      {"Prior CFG scale", number(s.prior_guidance)},
      {"Classifier scale", number(s.classifier_scale)},
      {"Version", "dalle2 " + std::string(version())},
  };
  return {{kParametersKey, image::format_parameters(parameters)},
          {kSettingsKey, options::settings_to_json(s).dump()}};
}

}  // namespace dalle2::cli
