#include "dalle2/scorer.h"

#include <utility>

#include <ATen/ATen.h>

#include "base/error.h"
#include "model/torch_errors.h"
#include "pipeline/engine.h"
#include "pipeline/from_picture.h"

namespace dalle2 {

class Scorer::Impl {
 public:
  explicit Impl(GeneratorOptions options) : engine_(std::move(options)) {
    if (engine_.manifest().networks.image_encoder) return;
    throw Error(ErrorKind::kUsage, "scoring pictures needs an image encoder, which the model \"" +
                                       engine_.manifest().name + "\" does not have");
  }

  std::vector<double> similarities(const Picture& picture,
                                   const std::vector<std::string>& prompts) {
    const model::Manifest& manifest = engine_.manifest();
    const at::Tensor pixels =
        pipeline::from_picture(pipeline::squared(picture), manifest.picture.channels,
                               manifest.networks.image_encoder->size)
            .to(engine_.placement().device);
    const at::Tensor cosine = at::cosine_similarity(engine_.renderer().embed_pictures(pixels),
                                                    engine_.renderer().embed_texts(prompts), 1)
                                  .to(at::kCPU, at::kDouble);
    return {cosine.data_ptr<double>(), cosine.data_ptr<double>() + cosine.numel()};
  }

  const std::string& model() const { return engine_.manifest().name; }

 private:
  pipeline::Engine engine_;
};

Scorer::Scorer(GeneratorOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Scorer::~Scorer() = default;
Scorer::Scorer(Scorer&&) noexcept = default;
Scorer& Scorer::operator=(Scorer&&) noexcept = default;

std::vector<double> Scorer::similarities(const Picture& picture,
                                         std::span<const std::string> prompts) {
  if (prompts.empty()) return {};
  return model::translating_torch_errors("scoring", [&] {
    return impl_->similarities(picture, {prompts.begin(), prompts.end()});
  });
}

std::string Scorer::model() const { return impl_->model(); }

}  // namespace dalle2
