#include "dalle2/editor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.h"
#include "base/seeds.h"
#include "diffusion/noise.h"
#include "image/resize.h"
#include "model/torch_errors.h"
#include "pipeline/engine.h"
#include "pipeline/from_picture.h"
#include "pipeline/given.h"
#include "pipeline/settings.h"
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

class Editor::Impl {
 public:
  explicit Impl(GeneratorOptions options) : engine_(std::move(options)) {}

  PictureSettings resolve(const GenerateRequest& request) const {
    PictureSettings settings = pipeline::resolve_settings(
        request, engine_.manifest(), engine_.placement(), options::PromptRule::kOptional);
    // The classifier compares with the text.
    if (request.prompt.empty()) settings.classifier_scale = 0.0;
    return settings;
  }

  at::Tensor embed(const Picture& picture) {
    if (!engine_.manifest().networks.image_encoder) {
      refuse("a picture as input needs an image encoder, which the model \"" +
             engine_.manifest().name + "\" does not have");
    }
    const int size = engine_.manifest().networks.image_encoder->size;
    return engine_.renderer().embed_pictures(on_device(picture, size));
  }

  at::Tensor embed(const GenerateRequest& request) {
    PictureSettings settings =
        pipeline::resolve_settings(request, engine_.manifest(), engine_.placement());
    settings.best_of = 1;
    return engine_.renderer().embed_prompts({settings});
  }

  at::Tensor embed(const GenerateRequest& request, const Ingredient& ingredient) {
    if (const auto* picture = std::get_if<Picture>(&ingredient.what)) return embed(*picture);
    if (const auto* given = std::get_if<Embedding>(&ingredient.what)) return to_tensor(*given);
    GenerateRequest prompt = request;
    prompt.prompt = std::get<std::string>(ingredient.what);
    return embed(prompt);
  }

  at::Tensor embed_texts(const std::vector<std::string>& texts) {
    return engine_.renderer().embed_texts(texts);
  }

  at::Tensor to_tensor(const Embedding& embedding) const {
    const std::int64_t width = engine_.manifest().embedding.width;
    if (static_cast<std::int64_t>(embedding.size()) != width) {
      refuse("an embedding of " + std::to_string(embedding.size()) + " numbers; the model \"" +
             engine_.manifest().name + "\" has " + std::to_string(width));
    }
    if (!std::ranges::all_of(embedding, [](float x) { return std::isfinite(x); })) {
      refuse("an embedding with a number that is not finite");
    }
    return at::tensor(embedding).view({1, width}).to(engine_.placement().device);
  }

  at::Tensor mix(const GenerateRequest& request, std::span<const Ingredient> ingredients) {
    std::vector<at::Tensor> rows;
    std::vector<double> weights;
    for (const Ingredient& ingredient : ingredients) {
      rows.push_back(embed(request, ingredient));
      weights.push_back(ingredient.weight);
    }
    if (rows.empty()) refuse("a mixture needs a picture, a prompt or an embedding");
    return pipeline::mix_embeddings(at::cat(rows), at::tensor(weights));
  }

  /// The noise of which DDIM makes the picture again.
  at::Tensor invert(const PictureSettings& settings, const Picture& picture,
                    const at::Tensor& embedding) {
    return engine_.renderer().invert(settings, on_device(picture, decoder_size()), embedding);
  }

  int decoder_size() const { return engine_.manifest().picture.size; }

  at::Tensor drawn_noise(const PictureSettings& settings) const {
    const model::PictureSpec& spec = engine_.manifest().picture;
    const std::array seeds = {stream_seed(settings.decoder_seed, "decoder", 0)};
    return diffusion::NoiseStreams(seeds, engine_.placement().device)
        .normal({spec.channels, spec.size, spec.size});
  }

  /// A picture as [1, C, size, size] where the networks are.
  at::Tensor on_device(const Picture& picture, int size) const {
    return pipeline::from_picture(pipeline::squared(picture), engine_.manifest().picture.channels,
                                  size)
        .to(engine_.placement().device);
  }

  /// One picture a row of `given`; `settings` has as many.
  void render(const std::vector<PictureSettings>& settings, const Given& given,
              const PictureCallback& on_picture) {
    const auto count = static_cast<std::int64_t>(settings.size());
    for (std::int64_t begin = 0; begin < count;) {
      const std::int64_t end =
          std::min(count, begin + engine_.renderer().batch_size(settings.front()));
      auto pictures = engine_.renderer().render({settings.begin() + begin, settings.begin() + end},
                                                static_cast<int>(begin), given.slice(begin, end));
      for (GeneratedPicture& picture : pictures) {
        on_picture(static_cast<int>(begin), std::move(picture));
        ++begin;
      }
    }
  }

  /// The pictures of a request, all from the one row of `given`.
  void render(const GenerateRequest& request, const Given& given,
              const PictureCallback& on_picture) {
    std::vector<PictureSettings> settings(static_cast<std::size_t>(request.count),
                                          resolve(request));
    for (std::size_t i = 0; i < settings.size(); ++i) {
      settings[i].seed += i;
      settings[i].decoder_seed += i;
    }
    render(settings, given.expand(request.count), on_picture);
  }

  Timings timings() const { return engine_.timings(); }

 private:
  pipeline::Engine engine_;
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
                     const PictureCallback& on_picture) {
  options::check_prompt(request.prompt, "prompt");
  if (mask.width != picture.width || mask.height != picture.height) {
    refuse("the mask is " + std::to_string(mask.width) + "x" + std::to_string(mask.height) +
           " pixels and the picture " + std::to_string(picture.width) + "x" +
           std::to_string(picture.height));
  }
  const Picture coverage = pipeline::mask_coverage(mask);
  const auto is_clear = [&](std::size_t pixel) { return coverage.rgba[4 * pixel + 3] == 0; };
  std::size_t pixel = 0;
  while (pixel < coverage.rgba.size() / 4 && is_clear(pixel)) ++pixel;
  if (pixel == coverage.rgba.size() / 4) {
    refuse("the mask leaves nothing to draw: it is black everywhere, or opaque");
  }
  drawing([&] {
    const int size = impl_->resolve(request).width;
    Given given;
    given.known.picture = impl_->on_device(picture, size);
    given.known.mask =
        pipeline::from_coverage(pipeline::squared(coverage), size).to(given.known.picture.device());
    const int side = std::max(picture.width, picture.height);
    impl_->render(request, given, [&](int index, GeneratedPicture drawn) {
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
