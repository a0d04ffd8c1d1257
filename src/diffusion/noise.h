#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "diffusion/schedule.h"

namespace dalle2::diffusion {

/// Where samplers get N(0, I) from, for a batch of pictures.
class NoiseSource {
 public:
  virtual ~NoiseSource() = default;

  /// The next draw of every picture: [B, shape...], fp32.
  virtual at::Tensor normal(at::IntArrayRef shape) = 0;

  /// Says that `draws` calls of normal(shape) follow, so that they can be made ready together.
  /// Never changes what normal() returns.
  virtual void reserve(std::int64_t /*draws*/, at::IntArrayRef /*shape*/) {}
};

/// One CPU generator a picture, so a picture's noise depends on its seed alone: not on the batch,
/// the order, or the device. Draws are made on the CPU and uploaded in blocks.
class NoiseStreams : public NoiseSource {
 public:
  /// One seed a picture. Only the low 32 bits count (as torch.Generator's): mix seeds beforehand.
  NoiseStreams(std::span<const std::uint64_t> seeds, at::Device device);

  at::Tensor normal(at::IntArrayRef shape) override;
  void reserve(std::int64_t draws, at::IntArrayRef shape) override;

 private:
  void fill_block(std::int64_t draws, at::IntArrayRef shape);

  std::vector<at::Generator> generators_;
  at::Device device_;
  at::Tensor block_;            // [draws, B, shape...] on device_; undefined when used up
  std::int64_t next_ = 0;       // index into block_
  std::int64_t announced_ = 0;  // draws reserved and not in a block yet
};

/// Given noise in order, for comparing with a reference. normal() throws Error(kUsage) when it runs
/// out or the shape differs.
class NoiseFromTensors : public NoiseSource {
 public:
  explicit NoiseFromTensors(std::vector<at::Tensor> draws);  // each [B, ...]

  at::Tensor normal(at::IntArrayRef shape) override;

 private:
  std::vector<at::Tensor> draws_;
  std::size_t next_ = 0;
};

/// A draw from q(x_t | x0): alpha * x0 + sigma * noise.
at::Tensor add_noise(const Schedule& schedule, const at::Tensor& x0, const at::Tensor& noise,
                     std::int64_t t);

}  // namespace dalle2::diffusion
