#pragma once

#include <ATen/core/Tensor.h>

#include "model/network.h"
#include "model/package.h"

/// The networks of a package as typed functions. Tensors may be on any device and of any floating
/// dtype; results are fp32 on the network's device. B is free; C, E, P, T, W and sizes are the
/// manifest's. Loading is what constructors do; they throw what Network's does, and Error(kModel)
/// if the package lacks an optional network. Calls throw Error(kModel) for results of an unexpected
/// shape.
namespace dalle2::model {

/// What the text encoder says about B prompts.
struct TextStates {
  at::Tensor embedding;     // [B, E]
  at::Tensor token_states;  // [B, T, W]
  at::Tensor mask;          // [B, T] bool, true where a token is

  /// Dropped texts, for UnconditionalText::kZeros.
  TextStates zeros_like() const;
};

class TextEncoder {
 public:
  TextEncoder(const ModelPackage& package, Placement placement);

  /// ids [B, T] int64, mask [B, T] bool.
  TextStates operator()(const at::Tensor& ids, const at::Tensor& mask);

 private:
  Network network_;
  std::int64_t embedding_width_;
  std::int64_t token_width_;
};

class Prior {
 public:
  Prior(const ModelPackage& package, Placement placement);

  /// x [B, P] normalised, t [B] int64 -> [B, P], or [B, 2P] with learned variance.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const TextStates& text);

 private:
  Network network_;
  std::int64_t outputs_;
};

/// Puts pictures together from what the prior samples.
class Compositor {
 public:
  Compositor(const ModelPackage& package, Placement placement);

  /// [B, P] normalised -> coarse pictures [B, C, S, S].
  at::Tensor operator()(const at::Tensor& samples);

 private:
  Network network_;
  std::int64_t channels_;
  std::int64_t size_;
};

class Decoder {
 public:
  Decoder(const ModelPackage& package, Placement placement);

  /// x [B, C, S, S], t [B] int64, image_embedding [B, E] as encoders make it (not normalised),
  /// sketch [B, C, S, S] by the compositor, or undefined -> [B, C, S, S], or [B, 2C, S, S] with
  /// learned variance.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const at::Tensor& image_embedding,
                        const TextStates& text, const at::Tensor& sketch = {});

 private:
  Network network_;
  std::int64_t outputs_;
};

class Upsampler {
 public:
  /// `index` into the manifest's networks.upsamplers. With `one_at_a_time`, the network for the
  /// last step and that for the others are never in memory together: each is read from the package,
  /// which must outlive this, whenever it is its turn.
  Upsampler(const ModelPackage& package, std::size_t index, Placement placement,
            bool one_at_a_time = false);

  /// x [B, C, H, W], t [B] int64, low_res [B, C, h, w] -> [B, C or 2C, H, W]. `last_step` picks the
  /// network for the last step where there is one.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const at::Tensor& low_res,
                        bool last_step);

 private:
  struct Part {
    std::string path;  // in the manifest
    std::string file;
    std::unique_ptr<Network> network;
  };

  Network& loaded(Part& part, Part& other);

  const ModelPackage& package_;
  Placement placement_;
  bool one_at_a_time_;
  Part steps_;
  Part last_step_;  // its file is empty if steps_ makes the last step, too
  std::int64_t outputs_;
};

/// CLIP's image side for noised pictures.
class Classifier {
 public:
  Classifier(const ModelPackage& package, Placement placement);

  /// x_t [B, C, S, S], t [B] int64 -> [B, E], unit norm. Differentiable in x_t.
  at::Tensor embedding(const at::Tensor& x_t, const at::Tensor& t);

 private:
  Network network_;
  std::int64_t embedding_width_;
};

/// CLIP's image side.
class ImageEncoder {
 public:
  ImageEncoder(const ModelPackage& package, Placement placement);

  /// x0 [B, C, N, N] with N = networks.image_encoder.size -> [B, E].
  at::Tensor operator()(const at::Tensor& x0);

 private:
  Network network_;
  std::int64_t embedding_width_;
};

}  // namespace dalle2::model
