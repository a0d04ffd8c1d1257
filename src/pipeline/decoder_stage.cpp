#include "pipeline/decoder_stage.h"

#include <ATen/ATen.h>

#include "diffusion/inversion.h"
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
  // A row without an image embedding has no use for its sketch.
  return {row.expand_as(like.image_embedding), text, like.sketch};
}

/// Fixed-point iterations a step; a second one makes up for most of what the first one misses.
constexpr int kInversionIterations = 2;

std::vector<std::int64_t> timesteps_of(const model::DecoderSpec& spec, int steps) {
  const std::int64_t all = spec.schedule.num_timesteps;
  return spec.truncate_at
             ? diffusion::make_truncated_timesteps(spec.spacing, all, *spec.truncate_at, steps)
             : diffusion::make_timesteps(spec.spacing, all, steps);
}

/// The decoder under classifier-free guidance.
class DecoderDenoiser : public diffusion::Denoiser {
 public:
  DecoderDenoiser(model::Decoder& decoder, const model::DecoderSpec& spec,
                  const DecoderInputs& inputs, const model::TextStates& unconditional,
                  const DecoderRun& run)
      : decoder_(decoder),
        halves_(inputs, unconditional_inputs(spec, inputs, unconditional)),
        denoiser_(to_meaning(spec),
                  diffusion::classifier_free_guidance(
                      [this](const at::Tensor& x, std::int64_t t, diffusion::Condition condition) {
                        const DecoderInputs& in = halves_.of(condition);
                        return decoder_(x, at::full({x.size(0)}, t, x.options().dtype(at::kLong)),
                                        in.image_embedding, in.text, in.sketch);
                      },
                      {.scale = run.guidance, .interval = run.guidance_interval},
                      spec.schedule.num_timesteps)) {}
  DecoderDenoiser(const DecoderDenoiser&) = delete;
  DecoderDenoiser& operator=(const DecoderDenoiser&) = delete;

  diffusion::Prediction predict(const at::Tensor& x, std::int64_t t) override {
    return denoiser_.predict(x, t);
  }

 private:
  model::Decoder& decoder_;
  Halves<DecoderInputs> halves_;
  diffusion::NetworkDenoiser denoiser_;
};

}  // namespace

DecoderInputs concatenate(const DecoderInputs& a, const DecoderInputs& b) {
  return {at::cat({a.image_embedding, b.image_embedding}), concatenate(a.text, b.text),
          a.sketch.defined() ? at::cat({a.sketch, b.sketch}) : a.sketch};
}

at::Tensor sample_decoder(model::Decoder& decoder, model::Classifier* classifier,
                          const model::Manifest& manifest, const DecoderInputs& inputs,
                          const model::TextStates& unconditional, const DecoderRun& run,
                          diffusion::NoiseSource& noise) {
  const model::DecoderSpec& spec = manifest.networks.decoder;
  const diffusion::Schedule schedule = to_schedule(spec.schedule);
  const std::int64_t num_timesteps = schedule.num_timesteps();
  DecoderDenoiser unguided(decoder, spec, inputs, unconditional, run);

  std::optional<diffusion::ClassifierGuidance> guided;
  if (run.classifier_scale != 0.0) {
    guided.emplace(
        unguided,
        clip_score(*classifier, inputs.text.embedding, manifest.networks.classifier->logit_scale),
        diffusion::ClassifierOptions{run.classifier_scale, run.guidance_interval}, num_timesteps);
  }
  diffusion::Denoiser& denoiser = guided ? static_cast<diffusion::Denoiser&>(*guided) : unguided;

  const std::int64_t size = manifest.picture.size;
  const at::Tensor drawn = noise.normal({manifest.picture.channels, size, size});
  auto timesteps = timesteps_of(spec, run.steps);
  at::Tensor start = run.start.noise.defined() ? run.start.noise : drawn;
  if (run.start.picture.defined()) {
    timesteps = diffusion::tail_timesteps(timesteps, run.start.strength);
    start = diffusion::add_noise(schedule, run.start.picture, drawn, timesteps.front());
  }
  const at::Tensor pictures =
      to_sampler(spec, run.sampler, run.eta)
          ->sample(denoiser, start,
                   {.timesteps = timesteps,
                    .clamp = run.start.noise.defined() ? diffusion::Clamp{} : to_clamp(spec.clamp),
                    .on_step = run.on_step,
                    .constrain = keep_known(run.known, size, schedule, drawn),
                    .resample = run.known.resample},
                   noise);
  require_finite(pictures, "decoder");
  return pictures;
}

at::Tensor invert_decoder(model::Decoder& decoder, const model::Manifest& manifest,
                          const DecoderInputs& inputs, const model::TextStates& unconditional,
                          const DecoderRun& run, const at::Tensor& pictures) {
  const model::DecoderSpec& spec = manifest.networks.decoder;
  const diffusion::Schedule schedule = to_schedule(spec.schedule);
  DecoderDenoiser denoiser(decoder, spec, inputs, unconditional, run);
  const at::Tensor noise = diffusion::ddim_invert(
      denoiser, schedule, pictures,
      {.timesteps = timesteps_of(spec, run.steps),
       .iterations = kInversionIterations,
       .on_step = [&](int step, int steps) {
         if (run.on_step) {
           run.on_step({.step = step, .steps = steps, .x = pictures, .x0 = pictures});
         }
       }});
  require_finite(noise, "decoder's inversion");
  return noise;
}

}  // namespace dalle2::pipeline
