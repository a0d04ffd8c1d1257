#include "pipeline/upsampler_stage.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "diffusion/timesteps.h"
#include "pipeline/finite.h"
#include "pipeline/specs.h"

namespace dalle2::pipeline {

std::vector<std::int64_t> upsampler_timesteps(const model::UpsamplerSpec& spec, int steps) {
  const std::int64_t used =
      spec.noised_start ? *spec.noised_start + 1 : spec.schedule.num_timesteps;
  return diffusion::make_timesteps(spec.spacing, used, std::min<std::int64_t>(steps, used));
}

at::Tensor sample_upsampler(model::Upsampler& upsampler, const model::UpsamplerSpec& spec,
                            const model::StageDefaults& defaults, const at::Tensor& low_res,
                            const UpsamplerRun& run, diffusion::NoiseSource& noise) {
  const diffusion::NetworkMeaning meaning = to_meaning(spec);
  const auto timesteps = upsampler_timesteps(spec, run.steps);

  diffusion::NetworkDenoiser denoiser(meaning, [&](const at::Tensor& x, std::int64_t t) {
    return upsampler(x, at::full({x.size(0)}, t, x.options().dtype(at::kLong)), low_res,
                     t == timesteps.back());
  });

  const at::Tensor drawn = noise.normal({low_res.size(1), spec.output_size, spec.output_size});
  at::Tensor start = drawn;
  if (spec.noised_start) {
    const at::Tensor enlarged =
        at::upsample_bicubic2d(low_res, {spec.output_size, spec.output_size},
                               /*align_corners=*/false);
    start = diffusion::add_noise(meaning.schedule, enlarged, drawn, timesteps.front());
  }
  const at::Tensor pictures =
      to_sampler(spec, defaults.sampler, defaults.eta)
          ->sample(denoiser, start,
                   {.timesteps = timesteps,
                    .clamp = to_clamp(spec.clamp),
                    .on_step = run.on_step,
                    .constrain = keep_known(run.known, spec.output_size, meaning.schedule, drawn)},
                   noise);
  require_finite(pictures, "upsampler");
  return pictures;
}

}  // namespace dalle2::pipeline
