#include "pipeline/prior_stage.h"

#include <ATen/ATen.h>

#include "diffusion/timesteps.h"
#include "pipeline/finite.h"
#include "pipeline/halves.h"
#include "pipeline/prompts.h"
#include "pipeline/specs.h"

namespace dalle2::pipeline {
namespace {

at::Tensor to_row(const std::vector<float>& values, at::Device device) {
  return at::tensor(values, at::kFloat).to(device).unsqueeze(0);
}

}  // namespace

PriorSample best_candidates(const at::Tensor& embeddings, const at::Tensor& text, int candidates,
                            const at::Tensor& sketches) {
  const at::Tensor grouped = embeddings.view({-1, candidates, embeddings.size(1)});
  const at::Tensor similarity =
      candidates <= 2
          ? at::cosine_similarity(grouped, text.unsqueeze(1), 2)
          : (at::cosine_similarity(grouped.unsqueeze(1), grouped.unsqueeze(2), 3).sum(2) - 1.0) /
                (candidates - 1);
  const at::Tensor best =
      similarity.argmax(1) +
      at::arange(grouped.size(0), similarity.options().dtype(at::kLong)) * candidates;
  return {embeddings.index_select(0, best), similarity,
          sketches.defined() ? sketches.index_select(0, best) : sketches};
}

PriorSample sample_prior(model::Prior& prior, const SketchNetworks* sketch,
                         const model::Manifest& manifest, const model::TextStates& text,
                         const model::TextStates& unconditional, const PriorRun& run,
                         diffusion::NoiseSource& noise) {
  const model::PriorSpec& spec = manifest.networks.prior;
  const diffusion::NetworkMeaning meaning = to_meaning(spec);
  const std::int64_t num_timesteps = meaning.schedule.num_timesteps();
  const at::Device device = text.embedding.device();

  const Halves<model::TextStates> inputs(repeat_interleave(text, run.candidates),
                                         repeat_interleave(unconditional, run.candidates));
  const auto network = [&](const at::Tensor& x, std::int64_t t, diffusion::Condition condition) {
    return prior(x, at::full({x.size(0)}, t, x.options().dtype(at::kLong)), inputs.of(condition));
  };
  diffusion::ClassifierFreeOptions guidance{.scale = run.guidance};
  if (spec.guided_width < spec.width) guidance.channels = spec.guided_width;
  diffusion::NetworkDenoiser denoiser(
      meaning, diffusion::classifier_free_guidance(network, guidance, num_timesteps));

  const auto sampler =
      to_sampler(spec, manifest.defaults.prior.sampler, manifest.defaults.prior.eta);
  const at::Tensor start = noise.normal({spec.width});
  const at::Tensor sample = sampler->sample(
      denoiser, start,
      {.timesteps = diffusion::make_timesteps(spec.spacing, num_timesteps, run.steps),
       .clamp = to_clamp(spec.clamp),
       .on_step = run.on_step,
       .constrain = {}},
      noise);

  at::Tensor sketches;
  at::Tensor embeddings;
  if (sketch) {
    sketches = sketch->compositor(sample);
    embeddings = sketch->image_encoder(sketches);
  } else {
    embeddings =
        sample * to_row(manifest.embedding.std, device) + to_row(manifest.embedding.mean, device);
  }
  require_finite(embeddings, "prior");
  return best_candidates(embeddings, text.embedding, run.candidates, sketches);
}

}  // namespace dalle2::pipeline
