#include "pipeline/specs.h"

#include "diffusion/samplers.h"

namespace dalle2::pipeline {
namespace {

diffusion::Schedule unscaled(const model::ScheduleSpec& spec) {
  if (spec.kind == "betas") return diffusion::from_betas(spec.betas);
  if (spec.kind == "linear") {
    return diffusion::linear(spec.num_timesteps, spec.beta_start, spec.beta_end);
  }
  if (spec.kind == "scaled_linear") {
    return diffusion::scaled_linear(spec.num_timesteps, spec.beta_start, spec.beta_end);
  }
  return diffusion::make_schedule(spec.kind, spec.num_timesteps);
}

diffusion::VarianceKind to_variance(model::VarianceKind kind) {
  switch (kind) {
    case model::VarianceKind::kFixedSmall:
      return diffusion::VarianceKind::kFixedSmall;
    case model::VarianceKind::kFixedLarge:
      return diffusion::VarianceKind::kFixedLarge;
    case model::VarianceKind::kLearnedRange:
      return diffusion::VarianceKind::kLearnedRange;
  }
  return diffusion::VarianceKind::kFixedSmall;
}

}  // namespace

diffusion::Schedule to_schedule(const model::ScheduleSpec& spec) {
  const diffusion::Schedule schedule = unscaled(spec);
  return spec.rescale_zero_terminal_snr ? diffusion::rescale_zero_terminal_snr(schedule) : schedule;
}

diffusion::NetworkMeaning to_meaning(const model::DiffusionSpec& spec) {
  return {.schedule = to_schedule(spec.schedule),
          .kind = diffusion::prediction_kind(spec.prediction),
          .learned_variance = spec.variance == model::VarianceKind::kLearnedRange};
}

diffusion::Clamp to_clamp(const model::ClampSpec& spec) {
  diffusion::Clamp clamp{.range = spec.range, .percentile = spec.percentile};
  if (spec.kind == model::ClampSpec::Kind::kStatic) clamp.kind = diffusion::Clamp::Kind::kStatic;
  if (spec.kind == model::ClampSpec::Kind::kDynamic) clamp.kind = diffusion::Clamp::Kind::kDynamic;
  return clamp;
}

std::unique_ptr<diffusion::Sampler> to_sampler(const model::DiffusionSpec& spec,
                                               std::string_view sampler, double eta) {
  return diffusion::find_sampler(sampler).make(
      to_schedule(spec.schedule), {.eta = eta, .variance = to_variance(spec.variance)});
}

}  // namespace dalle2::pipeline
