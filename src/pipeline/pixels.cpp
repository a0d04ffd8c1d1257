#include "pipeline/pixels.h"

#include <ATen/ATen.h>

#include "image/premultiplied.h"

namespace dalle2::pipeline {
namespace {

constexpr double kAlphaSnap = 0.015;

/// [B, C, H, W] in [-1, 1] -> [B, H, W, 4] premultiplied in [0, 1], on the CPU.
at::Tensor to_premultiplied(const at::Tensor& x) {
  const at::Tensor unit = x.to(at::kCPU, at::kFloat).add(1).mul(0.5).clamp(0, 1);
  at::Tensor alpha = at::ones_like(unit.slice(1, 0, 1));
  if (unit.size(1) == 4) {
    alpha = unit.slice(1, 3, 4);
    alpha = alpha.masked_fill(alpha < kAlphaSnap, 0).masked_fill(alpha > 1 - kAlphaSnap, 1);
  }
  const at::Tensor color = at::minimum(unit.slice(1, 0, 3), alpha);
  return at::cat({color, alpha}, 1).permute({0, 2, 3, 1}).contiguous();
}

}  // namespace

std::vector<Picture> to_pictures(const at::Tensor& x) {
  const at::Tensor pixels = to_premultiplied(x);
  std::vector<Picture> pictures;
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    image::Premultiplied picture{.width = static_cast<int>(pixels.size(2)),
                                 .height = static_cast<int>(pixels.size(1)),
                                 .rgba = {}};
    const at::Tensor one = pixels[i];
    picture.rgba.assign(one.data_ptr<float>(), one.data_ptr<float>() + one.numel());
    pictures.push_back(image::unpremultiply(picture));
  }
  return pictures;
}

}  // namespace dalle2::pipeline
