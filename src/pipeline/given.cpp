#include "pipeline/given.h"

#include <ATen/ATen.h>

#include "diffusion/noise.h"

namespace dalle2::pipeline {
namespace {

at::Tensor rows(const at::Tensor& tensor, std::int64_t begin, std::int64_t end) {
  return tensor.defined() ? tensor.slice(0, begin, end) : tensor;
}

template <typename Function>
Given map(const Given& given, Function&& function) {
  const auto rows = [&](const at::Tensor& tensor) {
    return tensor.defined() ? function(tensor) : tensor;
  };
  return {rows(given.image_embedding),
          rows(given.sketch),
          {rows(given.start.noise), rows(given.start.picture), given.start.strength},
          {rows(given.known.picture), rows(given.known.mask), given.known.resample}};
}

}  // namespace

KnownRegion KnownRegion::slice(std::int64_t begin, std::int64_t end) const {
  return {rows(picture, begin, end), rows(mask, begin, end), resample};
}

Given Given::slice(std::int64_t begin, std::int64_t end) const {
  return map(*this, [&](const at::Tensor& tensor) { return tensor.slice(0, begin, end); });
}

Given Given::expand(std::int64_t count) const {
  return map(*this, [&](const at::Tensor& tensor) {
    std::vector<std::int64_t> shape = tensor.sizes().vec();
    shape.front() = count;
    return tensor.expand(shape);
  });
}

Given Given::repeat_interleave(std::int64_t times) const {
  return map(*this, [&](const at::Tensor& tensor) { return tensor.repeat_interleave(times, 0); });
}

at::Tensor resized(const at::Tensor& pictures, std::int64_t size) {
  if (pictures.size(2) == size) return pictures;
  if (pictures.size(2) > size) return at::adaptive_avg_pool2d(pictures, {size, size});
  return at::upsample_bicubic2d(pictures, {size, size}, /*align_corners=*/false).clamp_(-1, 1);
}

diffusion::Constraint keep_known(const KnownRegion& region, std::int64_t size,
                                 const diffusion::Schedule& schedule, const at::Tensor& noise) {
  if (!region.defined()) return {};
  return [picture = resized(region.picture, size), mask = resized(region.mask, size).clamp(0, 1),
          schedule, noise](const at::Tensor& x, std::int64_t t) {
    return at::lerp(diffusion::add_noise(schedule, picture, noise, t), x, mask);
  };
}

}  // namespace dalle2::pipeline
