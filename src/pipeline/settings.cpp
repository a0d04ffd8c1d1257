#include "pipeline/settings.h"

#include <string_view>
#include <tuple>

#include "base/error.h"
#include "diffusion/samplers.h"

namespace dalle2::pipeline {
namespace {

constexpr std::string_view kPromptPlace = "{prompt}";

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorKind::kUsage, sentence); }

int checked_steps(std::string_view option, int steps, const model::DiffusionSpec& network) {
  const std::int64_t most = network.schedule.num_timesteps;
  if (steps <= most) return steps;
  refuse(std::string(option) + " is " + std::to_string(steps) + "; this model takes 1 to " +
         std::to_string(most));
}

int checked_size(int size, const model::Manifest& manifest) {
  const auto& upsamplers = manifest.networks.upsamplers;
  const int largest = upsamplers.empty() ? manifest.picture.size : upsamplers.back().output_size;
  if (size <= largest) return size;
  refuse("--size is " + std::to_string(size) + "; the model \"" + manifest.name +
         "\" makes pictures of up to " + std::to_string(largest) + " pixels");
}

void require_network(bool wanted, bool there, const std::string& option, const std::string& network,
                     const model::Manifest& manifest) {
  if (wanted && !there) {
    refuse(option + " needs " + network + ", which the model \"" + manifest.name +
           "\" does not have");
  }
}

}  // namespace

PictureSettings resolve_settings(const GenerateRequest& request, const model::Manifest& manifest,
                                 model::Placement placement, options::PromptRule rule) {
  options::check_request(request, rule);
  const model::Defaults& defaults = manifest.defaults;
  const model::Networks& networks = manifest.networks;
  require_network(request.classifier_scale.value_or(0.0) != 0.0, networks.classifier.has_value(),
                  "--classifier-scale", "a classifier", manifest);
  require_network(request.best_of > 1, networks.image_encoder.has_value(), "--best-of",
                  "an image encoder", manifest);

  PictureSettings s;
  s.prompt = request.prompt;
  s.negative_prompt = request.negative_prompt;
  s.seed = request.seed;
  s.decoder_seed = request.decoder_seed.value_or(request.seed);
  s.steps =
      checked_steps("--steps", request.steps.value_or(defaults.decoder.steps), networks.decoder);
  s.prior_steps = checked_steps("--prior-steps", request.prior_steps.value_or(defaults.prior.steps),
                                networks.prior);
  s.sampler = diffusion::find_sampler(request.sampler.value_or(defaults.decoder.sampler)).name;
  s.eta = request.eta.value_or(defaults.decoder.eta);
  s.guidance = request.guidance.value_or(defaults.decoder.guidance);
  s.prior_guidance = request.prior_guidance.value_or(defaults.prior.guidance);
  s.classifier_scale = request.classifier_scale.value_or(defaults.decoder.classifier_scale);
  s.guidance_from = request.guidance_from.value_or(defaults.decoder.guidance_begin);
  s.guidance_until = request.guidance_until.value_or(defaults.decoder.guidance_end);
  s.prior_candidates = request.prior_candidates.value_or(defaults.prior.candidates);
  s.best_of = request.best_of;
  s.width = s.height = checked_size(request.size.value_or(defaults.size), manifest);
  if (s.width > manifest.picture.size) {
    s.upsampler_steps = checked_steps("--upsampler-steps",
                                      request.upsampler_steps.value_or(defaults.upsampler->steps),
                                      networks.upsamplers.front());
  }
  s.background = request.background;
  s.model = manifest.name;
  s.model_hash = manifest.sha256;
  s.device = model::device_name(placement.device);
  s.dtype = model::dtype_name(placement.dtype);
  return s;
}

bool same_sampling(const PictureSettings& a, const PictureSettings& b) {
  const auto key = [](const PictureSettings& s) {
    return std::tie(s.steps, s.prior_steps, s.upsampler_steps, s.sampler, s.eta, s.guidance,
                    s.prior_guidance, s.classifier_scale, s.guidance_from, s.guidance_until,
                    s.prior_candidates, s.best_of, s.width);
  };
  return key(a) == key(b);
}

std::string worded_prompt(const PictureSettings& settings, const model::Defaults& defaults) {
  if (settings.prompt.empty()) return {};
  std::string wording;
  if (settings.background == "transparent") wording = defaults.transparent_prompt;
  if (settings.background == "opaque") wording = defaults.opaque_prompt;
  const std::size_t place = wording.find(kPromptPlace);
  if (place == std::string::npos) return settings.prompt;
  return wording.replace(place, kPromptPlace.size(), settings.prompt);
}

}  // namespace dalle2::pipeline
