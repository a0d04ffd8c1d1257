#include "pipeline/slerp.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace dalle2::pipeline {
namespace {

/// Below this, sin(w) is too small to divide by.
constexpr double kSmallestSine = 1e-4;

/// Of what all weights and lengths make together, what has to be left.
constexpr double kCancelled = 1e-3;

at::Tensor lengths(const at::Tensor& rows) {
  return at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, /*keepdim=*/true);
}

at::Tensor directions(const at::Tensor& rows) { return rows / lengths(rows).clamp_min(1e-12); }

}  // namespace

at::Tensor slerp(const at::Tensor& a, const at::Tensor& b, const at::Tensor& t) {
  // In double on the CPU: an angle near zero is lost in fp32, and this happens once a picture.
  const at::Tensor from = a.to(at::kCPU, at::kDouble).flatten(1);
  const at::Tensor to = b.to(at::kCPU, at::kDouble).flatten(1);
  const at::Tensor way = t.to(at::kCPU, at::kDouble).view({-1, 1});
  const at::Tensor cosine = (directions(from) * directions(to)).sum(1, /*keepdim=*/true);
  const at::Tensor angle = cosine.clamp(-1, 1).acos();
  const at::Tensor sine = angle.sin();
  if ((sine < kSmallestSine).logical_and(cosine < 0).any().item<bool>()) {
    throw Error(ErrorKind::kUsage, "no shortest way leads between opposite embeddings or noises");
  }
  const at::Tensor near = sine < kSmallestSine;
  const at::Tensor safe = sine.clamp_min(kSmallestSine);
  const at::Tensor keep = at::where(near, 1 - way, ((1 - way) * angle).sin() / safe);
  const at::Tensor take = at::where(near, way, (way * angle).sin() / safe);
  const at::Tensor result = keep * from + take * to;
  std::vector<std::int64_t> shape = a.sizes().vec();
  shape.front() = result.size(0);
  return result.view(shape).to(a.device(), a.scalar_type());
}

at::Tensor mix_embeddings(const at::Tensor& embeddings, const at::Tensor& weights) {
  const at::Tensor column = weights.to(embeddings.device(), embeddings.scalar_type()).view({-1, 1});
  const at::Tensor sum = (directions(embeddings) * column).sum(0, /*keepdim=*/true);
  if (lengths(sum).item<double>() <= kCancelled * column.abs().sum().item<double>()) {
    throw Error(ErrorKind::kUsage, "the weights cancel out: nothing is left to draw");
  }
  const at::Tensor length = (lengths(embeddings) * column.abs()).sum() / column.abs().sum();
  return directions(sum) * length;
}

at::Tensor text_diff(const at::Tensor& embedding, const at::Tensor& from, const at::Tensor& to,
                     double strength) {
  const at::Tensor difference = to - from;
  if (lengths(difference).item<double>() <= kCancelled * lengths(from).item<double>()) {
    throw Error(ErrorKind::kUsage, "--from and --to say the same to this model");
  }
  return slerp(embedding, directions(difference) * lengths(embedding),
               at::full({1}, strength, at::kDouble));
}

}  // namespace dalle2::pipeline
