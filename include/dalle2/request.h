#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dalle2 {

/// What to draw. Fields left empty take the default of the model package's manifest, so that one
/// request means the best settings of whatever model runs it. Ranges are those of the option table
/// (docs/flags.md); `Generator` checks them and throws Error(kUsage).
struct GenerateRequest {
  std::string prompt{};           // UTF-8
  std::string negative_prompt{};  // what guidance pushes away from; empty means "anything"
  int count = 1;                  // pictures; picture i uses seed + i

  std::uint64_t seed = 0;  // the prior's noise, and the decoder's unless set apart
  std::optional<std::uint64_t> decoder_seed{};  // freeze the idea, vary the rendering

  std::optional<int> steps{};  // decoder
  std::optional<int> prior_steps{};
  std::optional<int> upsampler_steps{};
  std::optional<std::string> sampler{};  // decoder's; a name of diffusion::samplers()
  std::optional<double> eta{};           // DDIM: 0 deterministic, 1 ancestral

  std::optional<double> guidance{};          // classifier-free, decoder; 1 is off
  std::optional<double> prior_guidance{};    // classifier-free, prior; 1 is off
  std::optional<double> classifier_scale{};  // gradient of the noised-CLIP score; 0 is off
  std::optional<double> guidance_from{};     // fractions of the decoder's sampling, 0 to 1, between
  std::optional<double> guidance_until{};    // which both kinds of guidance are on

  std::optional<int> prior_candidates{};  // embeddings sampled per picture; the best is used
  int best_of = 1;                        // pictures decoded per picture kept, ranked by CLIP

  std::optional<int> size{};        // longer side in pixels
  std::string background = "auto";  // auto, transparent, opaque, or #rrggbb put under the picture
};

}  // namespace dalle2
