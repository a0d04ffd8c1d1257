#include "diffusion/inversion.h"

#include <string>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/error.h"
#include "diffusion/sampler.h"

namespace dalle2::diffusion {
namespace {

/// One fixed-point iteration for the x at `noisier` whose DDIM step gives `x` at `cleaner`. Solving
/// for x through epsilon converges while signal prevails; through x0, while noise does (at alpha =
/// 0, epsilon is x itself and says nothing).
at::Tensor undo_step(const at::Tensor& x, NoiseLevel cleaner, NoiseLevel noisier,
                     const Prediction& prediction) {
  if (noisier.alpha < noisier.sigma && cleaner.sigma > 0.0) {
    const double ratio = noisier.sigma / cleaner.sigma;
    return at::mul(x, ratio).add_(prediction.x0, noisier.alpha - ratio * cleaner.alpha);
  }
  const double ratio = noisier.alpha / cleaner.alpha;
  return at::mul(x, ratio).add_(prediction.epsilon, noisier.sigma - ratio * cleaner.sigma);
}

}  // namespace

at::Tensor ddim_invert(Denoiser& denoiser, const Schedule& schedule, const at::Tensor& x0,
                       const InversionOptions& options) {
  check_timesteps(options.timesteps, schedule.num_timesteps());
  if (options.iterations < 1) {
    throw Error(ErrorKind::kUsage, "inversion needs at least 1 iteration a step, not " +
                                       std::to_string(options.iterations));
  }
  const at::NoGradGuard no_gradients;
  const int steps = static_cast<int>(options.timesteps.size());
  at::Tensor x = x0;
  NoiseLevel cleaner = schedule.level(kClean);
  for (int k = 1; k <= steps; ++k) {
    const std::int64_t t = options.timesteps[steps - k];
    const NoiseLevel noisier = schedule.level(t);
    at::Tensor noised = x;
    for (int iteration = 0; iteration < options.iterations; ++iteration) {
      noised = undo_step(x, cleaner, noisier, denoiser.predict(noised, t));
    }
    x = noised;
    cleaner = noisier;
    if (options.on_step) options.on_step(k, steps);
  }
  return x;
}

}  // namespace dalle2::diffusion
