#include "diffusion/noise.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "base/error.h"

namespace dalle2::diffusion {
namespace {

// Enough for every step of a small run at once; bounds the memory of a long or large one.
constexpr std::int64_t kBlockElements = 16 << 20;

std::int64_t element_count(at::IntArrayRef shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

}  // namespace

NoiseStreams::NoiseStreams(std::span<const std::uint64_t> seeds, at::Device device)
    : device_(device) {
  for (const std::uint64_t seed : seeds) {
    generators_.push_back(at::detail::createCPUGenerator(seed));
  }
}

at::Tensor NoiseStreams::normal(at::IntArrayRef shape) {
  if (!block_.defined()) fill_block(std::max<std::int64_t>(announced_, 1), shape);
  if (block_.sizes().slice(2) != shape) {
    throw Error(ErrorKind::kUsage, "noise was reserved with another shape than is asked for");
  }
  at::Tensor draw = block_.select(0, next_);
  if (++next_ == block_.size(0)) block_.reset();
  return draw;
}

void NoiseStreams::reserve(std::int64_t draws, at::IntArrayRef /*shape*/) { announced_ += draws; }

void NoiseStreams::fill_block(std::int64_t draws, at::IntArrayRef shape) {
  const auto batch = static_cast<std::int64_t>(generators_.size());
  const std::int64_t draw_size = std::max<std::int64_t>(batch * element_count(shape), 1);
  draws = std::min(draws, std::max<std::int64_t>(kBlockElements / draw_size, 1));

  std::vector<std::int64_t> sizes{draws, batch};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  at::Tensor block = at::empty(sizes, at::kFloat);
  // A call per draw and picture: torch pairs uniforms up within a call, so larger calls would give
  // other numbers than single draws.
  for (std::int64_t picture = 0; picture < batch; ++picture) {
    for (std::int64_t draw = 0; draw < draws; ++draw) {
      block.select(0, draw).select(0, picture).normal_(0.0, 1.0, generators_[picture]);
    }
  }
  block_ = block.to(device_);
  next_ = 0;
  announced_ = std::max<std::int64_t>(announced_ - draws, 0);
}

NoiseFromTensors::NoiseFromTensors(std::vector<at::Tensor> draws) : draws_(std::move(draws)) {}

at::Tensor NoiseFromTensors::normal(at::IntArrayRef shape) {
  if (next_ == draws_.size()) {
    throw Error(ErrorKind::kUsage, "all of the given noise is used up");
  }
  const at::Tensor& draw = draws_[next_];
  if (draw.sizes().slice(1) != shape) {
    throw Error(ErrorKind::kUsage, "the given noise has another shape than is asked for");
  }
  ++next_;
  return draw;
}

at::Tensor add_noise(const Schedule& schedule, const at::Tensor& x0, const at::Tensor& noise,
                     std::int64_t t) {
  const auto [alpha, sigma] = schedule.level(t);
  return at::mul(x0, alpha).add_(noise, sigma);
}

}  // namespace dalle2::diffusion
