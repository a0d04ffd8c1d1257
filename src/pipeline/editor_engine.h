#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "dalle2/editor.h"
#include "pipeline/engine.h"
#include "pipeline/given.h"

namespace dalle2::pipeline {

/// What all of Editor's ways to draw are made of. One row, on the engine's device, unless said
/// otherwise; throws what Editor throws.
class EditorEngine {
 public:
  explicit EditorEngine(GeneratorOptions options);

  PictureSettings resolve(const GenerateRequest& request) const;
  int decoder_size() const { return engine_.manifest().picture.size; }
  Timings timings() const { return engine_.timings(); }

  at::Tensor embed(const Picture& picture);
  at::Tensor embed(const GenerateRequest& request);
  at::Tensor embed(const GenerateRequest& request, const Ingredient& ingredient);
  at::Tensor embed_texts(const std::vector<std::string>& texts);
  at::Tensor to_tensor(const Embedding& embedding) const;
  at::Tensor mix(const GenerateRequest& request, std::span<const Ingredient> ingredients);

  /// The noise of which DDIM makes the picture again.
  at::Tensor invert(const PictureSettings& settings, const Picture& picture,
                    const at::Tensor& embedding);

  /// The noise from which the decoder starts for these settings.
  at::Tensor drawn_noise(const PictureSettings& settings) const;

  /// A picture as [1, C, size, size].
  at::Tensor on_device(const Picture& picture, int size) const;

  /// One picture a row of `given`; `settings` has as many.
  void render(const std::vector<PictureSettings>& settings, const Given& given,
              const Editor::PictureCallback& on_picture);

  /// The pictures of a request, all from the one row of `given`.
  void render(const GenerateRequest& request, const Given& given,
              const Editor::PictureCallback& on_picture);

 private:
  Engine engine_;
};

}  // namespace dalle2::pipeline
