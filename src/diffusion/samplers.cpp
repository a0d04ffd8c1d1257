#include "diffusion/samplers.h"

#include <array>
#include <string>

#include "base/error.h"

namespace dalle2::diffusion {

// One file each.
std::unique_ptr<Sampler> make_ddpm(const Schedule& schedule, const SamplerOptions& options);
std::unique_ptr<Sampler> make_ddim(const Schedule& schedule, const SamplerOptions& options);
std::unique_ptr<Sampler> make_dpmpp_2m(const Schedule& schedule, const SamplerOptions& options);

std::span<const SamplerInfo> samplers() {
  static const std::array<SamplerInfo, 3> kSamplers{{
      {.name = "ddpm",
       .summary = "ancestral sampling; best with many steps",
       .spacing = "linspace",
       .stochastic = true,
       .takes_eta = false,
       .make = make_ddpm},
      {.name = "ddim",
       .summary = "first order; deterministic unless eta is above 0",
       .spacing = "trailing",
       .stochastic = false,
       .takes_eta = true,
       .make = make_ddim},
      {.name = "dpm++2m",
       .summary = "second order, deterministic; best with few steps",
       .spacing = "trailing",
       .stochastic = false,
       .takes_eta = false,
       .make = make_dpmpp_2m},
  }};
  return kSamplers;
}

const SamplerInfo& find_sampler(std::string_view name) {
  std::string known;
  for (const SamplerInfo& row : samplers()) {
    if (row.name == name) return row;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorKind::kUsage, "unknown sampler '" + std::string(name) + "'; known are " + known);
}

}  // namespace dalle2::diffusion
