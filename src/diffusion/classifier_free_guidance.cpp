#include "diffusion/classifier_free_guidance.h"

#include <cmath>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.h"

namespace dalle2::diffusion {
namespace {

at::Tensor guided(const ConditionalNetwork& network, const at::Tensor& x, std::int64_t t,
                  const ClassifierFreeOptions& options) {
  const at::Tensor output = network(at::cat({x, x}), t, Condition::kBoth).to(x.scalar_type());
  const std::int64_t batch = x.size(0);
  const std::int64_t channels = options.channels.value_or(x.size(1));
  const at::Tensor conditional = output.narrow(0, 0, batch);
  const at::Tensor unconditional = output.narrow(0, batch, batch);
  at::Tensor mean = at::lerp(unconditional.narrow(1, 0, channels),
                             conditional.narrow(1, 0, channels), options.scale);
  const std::int64_t rest = output.size(1) - channels;
  if (rest == 0) return mean;
  return at::cat({mean, conditional.narrow(1, channels, rest)}, 1);
}

}  // namespace

Network classifier_free_guidance(ConditionalNetwork network, ClassifierFreeOptions options,
                                 std::int64_t num_timesteps) {
  check(options.interval);
  if (!(options.scale >= 0.0 && std::isfinite(options.scale))) {
    throw Error(ErrorKind::kUsage, "guidance scale is " + std::to_string(options.scale) +
                                       "; it is 0 or more (1 is off)");
  }
  return
      [network = std::move(network), options, num_timesteps](const at::Tensor& x, std::int64_t t) {
        if (options.scale == 1.0 || !options.interval.contains(t, num_timesteps)) {
          return network(x, t, Condition::kConditional);
        }
        if (options.scale == 0.0 && !options.channels) {
          return network(x, t, Condition::kUnconditional);
        }
        return guided(network, x, t, options);
      };
}

}  // namespace dalle2::diffusion
