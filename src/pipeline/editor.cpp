#include "dalle2/editor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.h"
#include "image/resize.h"
#include "model/torch_errors.h"
#include "options/check.h"
#include "pipeline/editor_engine.h"
#include "pipeline/from_picture.h"
#include "pipeline/given.h"
#include "pipeline/slerp.h"

namespace dalle2 {
namespace {

using pipeline::Given;

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorKind::kUsage, sentence); }

void require_fraction(std::string_view option, double value, bool above_zero) {
  if (value <= 1.0 && (above_zero ? value > 0.0 : value >= 0.0)) return;
  refuse(std::string(option) + " is " + std::to_string(value) + "; it lies " +
         (above_zero ? "above 0, up to 1" : "in 0 to 1"));
}

Embedding to_embedding(const at::Tensor& row) {
  const at::Tensor values = row.to(at::kCPU, at::kFloat).contiguous().view({-1});
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

/// What a run from inverted noise needs: DDIM, and guidance only where it was asked for, because
/// strong guidance does not lead back the way it came.
GenerateRequest for_inversion(GenerateRequest request, double eta) {
  request.sampler = "ddim";
  request.eta = eta;
  request.guidance = request.guidance.value_or(1.0);
  return request;
}

}  // namespace

class Editor::Impl : public pipeline::EditorEngine {
  using EditorEngine::EditorEngine;
};

namespace {

template <typename Work>
auto drawing(Work&& work) {
  return model::translating_torch_errors("drawing", std::forward<Work>(work));
}

}  // namespace

Editor::Editor(GeneratorOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Editor::~Editor() = default;
Editor::Editor(Editor&&) noexcept = default;
Editor& Editor::operator=(Editor&&) noexcept = default;

PictureSettings Editor::resolve(const GenerateRequest& request) const {
  return impl_->resolve(request);
}

Embedding Editor::embed(const Picture& picture) {
  return drawing([&] { return to_embedding(impl_->embed(picture)); });
}

Embedding Editor::embed(const GenerateRequest& request) {
  return drawing([&] { return to_embedding(impl_->embed(request)); });
}

Embedding Editor::mix(const GenerateRequest& request, std::span<const Ingredient> ingredients) {
  return drawing([&] { return to_embedding(impl_->mix(request, ingredients)); });
}

void Editor::draw(const GenerateRequest& request, const Embedding& embedding,
                  const PictureCallback& on_picture) {
  drawing([&] {
    impl_->render(request, {.image_embedding = impl_->to_tensor(embedding)}, on_picture);
  });
}

void Editor::vary(const GenerateRequest& request, const Picture& picture, double difference,
                  const PictureCallback& on_picture) {
  require_fraction("--difference", difference, /*above_zero=*/false);
  drawing([&] {
    GenerateRequest wordless = request;
    wordless.prompt.clear();
    Given given{.image_embedding = impl_->embed(picture)};
    if (difference < 1.0) {
      wordless = for_inversion(wordless, difference);
      given.start.noise = impl_->invert(impl_->resolve(wordless), picture, given.image_embedding);
    }
    impl_->render(wordless, given, on_picture);
  });
}

void Editor::interpolate(const GenerateRequest& request, const Ingredient& a, const Ingredient& b,
                         int frames, const PictureCallback& on_picture) {
  if (frames < 2) refuse("--frames is " + std::to_string(frames) + "; a walk has 2 or more");
  drawing([&] {
    const std::array ends = {&a, &b};
    const auto is_picture = [](const Ingredient* end) {
      return std::holds_alternative<Picture>(end->what);
    };
    const bool inverted = std::ranges::any_of(ends, is_picture);
    GenerateRequest wordless = inverted ? for_inversion(request, 0.0) : request;
    wordless.prompt.clear();
    const PictureSettings settings = impl_->resolve(wordless);

    std::vector<at::Tensor> embeddings;
    std::vector<at::Tensor> noises;
    for (const Ingredient* end : ends) {
      embeddings.push_back(impl_->embed(request, *end));
      noises.push_back(
          is_picture(end) ? impl_->invert(settings, std::get<Picture>(end->what), embeddings.back())
                          : impl_->drawn_noise(settings));
    }
    const at::Tensor way = at::linspace(0.0, 1.0, frames, at::kDouble);
    Given given{.image_embedding = pipeline::slerp(embeddings[0], embeddings[1], way)};
    if (inverted) given.start.noise = pipeline::slerp(noises[0], noises[1], way);
    impl_->render(std::vector(static_cast<std::size_t>(frames), settings), given, on_picture);
  });
}

void Editor::edit(const GenerateRequest& request, const Picture& picture, const std::string& from,
                  const std::string& to, double strength, const PictureCallback& on_picture) {
  require_fraction("--strength", strength, /*above_zero=*/false);
  drawing([&] {
    GenerateRequest wordless = for_inversion(request, 0.0);
    wordless.prompt.clear();
    const at::Tensor embedding = impl_->embed(picture);
    const at::Tensor texts = impl_->embed_texts({from, to});
    Given given{.image_embedding = pipeline::text_diff(embedding, texts.slice(0, 0, 1),
                                                       texts.slice(0, 1, 2), strength)};
    given.start.noise = impl_->invert(impl_->resolve(wordless), picture, embedding);
    impl_->render(wordless, given, on_picture);
  });
}

void Editor::inpaint(const GenerateRequest& request, const Picture& picture, const Picture& mask,
                     int resample, const PictureCallback& on_picture) {
  options::check_prompt(request.prompt, "prompt");
  if (mask.width != picture.width || mask.height != picture.height) {
    refuse("the mask is " + std::to_string(mask.width) + "x" + std::to_string(mask.height) +
           " pixels and the picture " + std::to_string(picture.width) + "x" +
           std::to_string(picture.height));
  }
  if (resample > 1 && request.sampler == "dpm++2m") {
    refuse("--resample needs --sampler ddim or ddpm: dpm++2m remembers the step before");
  }
  const Picture coverage = pipeline::mask_coverage(mask);
  if (!pipeline::covers_anything(coverage)) {
    refuse("the mask leaves nothing to draw: it is black everywhere, or opaque");
  }
  drawing([&] {
    GenerateRequest wanted = request;
    // The model's own sampler may not be able to.
    if (resample > 1 && !wanted.sampler) wanted.sampler = "ddim";
    const int size = impl_->resolve(wanted).width;
    Given given;
    given.known.resample = resample;
    given.known.picture = impl_->on_device(picture, size);
    given.known.mask =
        pipeline::from_coverage(pipeline::squared(coverage), size).to(given.known.picture.device());
    const int side = std::max(picture.width, picture.height);
    impl_->render(wanted, given, [&](int index, GeneratedPicture drawn) {
      const Picture large =
          image::resize(drawn.picture, side, side, image::filter_named("lanczos"));
      drawn.picture = pipeline::blend(pipeline::unsquared(large, picture.width, picture.height),
                                      picture, coverage);
      drawn.settings.width = picture.width;
      drawn.settings.height = picture.height;
      on_picture(index, std::move(drawn));
    });
  });
}

void Editor::redraw(const GenerateRequest& request, const Picture& picture, double strength,
                    const PictureCallback& on_picture) {
  require_fraction("--strength", strength, /*above_zero=*/true);
  options::check_prompt(request.prompt, "prompt");
  drawing([&] {
    Given given;
    given.start.picture = impl_->on_device(picture, impl_->decoder_size());
    given.start.strength = strength;
    impl_->render(request, given, on_picture);
  });
}

Timings Editor::timings() const { return impl_->timings(); }

}  // namespace dalle2
