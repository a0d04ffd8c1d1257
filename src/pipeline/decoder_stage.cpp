#include "pipeline/decoder_stage.h"

#include <ATen/ATen.h>

#include "diffusion/timesteps.h"
#include "pipeline/clip_score.h"
#include "pipeline/finite.h"
#include "pipeline/halves.h"
#include "pipeline/prompts.h"
#include "pipeline/specs.h"

namespace dalle2::pipeline {
namespace {

DecoderInputs unconditional_inputs(const model::DecoderSpec& spec, const DecoderInputs& like,
                                   const model::TextStates& text) {
  const at::Tensor row = at::tensor(spec.unconditional_image_embedding, at::kFloat)
                             .to(like.image_embedding.device())
                             .unsqueeze(0);
  return {row.expand_as(like.image_embedding), text};
}

}  // namespace

DecoderInputs concatenate(const DecoderInputs& a, const DecoderInputs& b) {
  return {at::cat({a.image_embedding, b.image_embedding}), concatenate(a.text, b.text)};
}

at::Tensor sample_decoder(model::Decoder& decoder, model::Classifier* classifier,
                          const model::Manifest& manifest, const DecoderInputs& inputs,
                          const model::TextStates& unconditional, const DecoderRun& run,
                          diffusion::NoiseSource& noise) {
  const model::DecoderSpec& spec = manifest.networks.decoder;
  const diffusion::NetworkMeaning meaning = to_meaning(spec);
  const std::int64_t num_timesteps = meaning.schedule.num_timesteps();

  const Halves<DecoderInputs> halves(inputs, unconditional_inputs(spec, inputs, unconditional));
  const auto network = [&](const at::Tensor& x, std::int64_t t, diffusion::Condition condition) {
    const DecoderInputs& in = halves.of(condition);
    return decoder(x, at::full({x.size(0)}, t, x.options().dtype(at::kLong)), in.image_embedding,
                   in.text);
  };
  diffusion::NetworkDenoiser unguided(
      meaning,
      diffusion::classifier_free_guidance(
          network, {.scale = run.guidance, .interval = run.guidance_interval}, num_timesteps));

  std::optional<diffusion::ClassifierGuidance> guided;
  if (run.classifier_scale != 0.0) {
    guided.emplace(
        unguided,
        clip_score(*classifier, inputs.text.embedding, manifest.networks.classifier->logit_scale),
        diffusion::ClassifierOptions{run.classifier_scale, run.guidance_interval}, num_timesteps);
  }
  diffusion::Denoiser& denoiser = guided ? static_cast<diffusion::Denoiser&>(*guided) : unguided;

  const std::int64_t size = manifest.picture.size;
  const at::Tensor start = noise.normal({manifest.picture.channels, size, size});
  const at::Tensor pictures =
      to_sampler(spec, run.sampler, run.eta)
          ->sample(denoiser, start,
                   {.timesteps = diffusion::make_timesteps(spec.spacing, num_timesteps, run.steps),
                    .clamp = to_clamp(spec.clamp),
                    .on_step = run.on_step,
                    .constrain = {}},
                   noise);
  require_finite(pictures, "decoder");
  return pictures;
}

}  // namespace dalle2::pipeline
