#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "diffusion/sampler.h"

/// The table of samplers. To add one: docs/adding-a-sampler.md.
namespace dalle2::diffusion {

/// Variance of an ancestral step between beta-tilde and beta.
enum class VarianceKind {
  kFixedSmall,    // beta-tilde, the posterior's (diffusers: fixed_small, fixed_small_log)
  kFixedLarge,    // beta
  kLearnedRange,  // between the two in log, by Prediction::variance_fraction
};

/// What samplers can be told; each reads what concerns it.
struct SamplerOptions {
  double eta = 0.0;                                   // ddim: 0 deterministic, 1 ancestral
  VarianceKind variance = VarianceKind::kFixedSmall;  // ddpm
};

struct SamplerInfo {
  std::string_view name;
  std::string_view summary;
  std::string_view spacing;  // the timesteps it does best with; a name of spacings()
  bool stochastic;           // adds noise in its steps whatever the options
  bool takes_eta;
  std::function<std::unique_ptr<Sampler>(const Schedule&, const SamplerOptions&)> make;
};

std::span<const SamplerInfo> samplers();

/// Throws Error(kUsage) with the known names.
const SamplerInfo& find_sampler(std::string_view name);

}  // namespace dalle2::diffusion
