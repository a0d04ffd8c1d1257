#include "diffusion/clamp.h"

#include <string>

#include <ATen/ATen.h>

#include "base/error.h"

namespace dalle2::diffusion {
namespace {

at::Tensor clamp_dynamically(const at::Tensor& x0, double range, double percentile) {
  std::vector<std::int64_t> per_picture(x0.dim(), 1);
  per_picture[0] = x0.size(0);
  const at::Tensor limit =
      at::quantile(x0.flatten(1).abs(), percentile, 1).clamp_min_(range).view(per_picture);
  return at::minimum(at::maximum(x0, -limit), limit).mul_(range / limit);
}

}  // namespace

void check(const Clamp& clamp) {
  if (!(clamp.range > 0.0)) {
    throw Error(ErrorKind::kUsage,
                "clamp range is " + std::to_string(clamp.range) + "; it lies above 0");
  }
  if (!(clamp.percentile > 0.0 && clamp.percentile <= 1.0)) {
    throw Error(ErrorKind::kUsage, "clamp percentile is " + std::to_string(clamp.percentile) +
                                       "; it lies above 0 and up to 1");
  }
}

void apply(const Clamp& clamp, const at::Tensor& x, NoiseLevel level, Prediction& prediction) {
  switch (clamp.kind) {
    case Clamp::Kind::kNone:
      return;
    case Clamp::Kind::kStatic:
      prediction.x0 = prediction.x0.clamp(-clamp.range, clamp.range);
      break;
    case Clamp::Kind::kDynamic:
      prediction.x0 = clamp_dynamically(prediction.x0, clamp.range, clamp.percentile);
      break;
  }
  prediction.epsilon = at::add(x, prediction.x0, -level.alpha).div_(level.sigma);
}

}  // namespace dalle2::diffusion
