#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "diffusion/denoiser.h"
#include "diffusion/sampler.h"
#include "model/manifest.h"

/// A manifest's words as the objects of src/diffusion.
namespace dalle2::pipeline {

diffusion::Schedule to_schedule(const model::ScheduleSpec& spec);

diffusion::NetworkMeaning to_meaning(const model::DiffusionSpec& spec);

diffusion::Clamp to_clamp(const model::ClampSpec& spec);

/// Throws Error(kUsage) for an unknown sampler.
std::unique_ptr<diffusion::Sampler> to_sampler(const model::DiffusionSpec& spec,
                                               std::string_view sampler, double eta);

}  // namespace dalle2::pipeline
