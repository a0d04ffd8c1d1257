#include "pipeline/editor_engine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.h"
#include "base/seeds.h"
#include "diffusion/noise.h"
#include "pipeline/from_picture.h"
#include "pipeline/settings.h"
#include "pipeline/slerp.h"

namespace dalle2::pipeline {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorKind::kUsage, sentence); }

}  // namespace

EditorEngine::EditorEngine(GeneratorOptions options) : engine_(std::move(options)) {}

PictureSettings EditorEngine::resolve(const GenerateRequest& request) const {
  PictureSettings settings = resolve_settings(request, engine_.manifest(), engine_.placement(),
                                              options::PromptRule::kOptional);
  // The classifier compares with the text.
  if (request.prompt.empty()) settings.classifier_scale = 0.0;
  return settings;
}

at::Tensor EditorEngine::embed(const Picture& picture) {
  if (!engine_.manifest().networks.image_encoder) {
    refuse("a picture as input needs an image encoder, which the model \"" +
           engine_.manifest().name + "\" does not have");
  }
  const int size = engine_.manifest().networks.image_encoder->size;
  return engine_.renderer().embed_pictures(on_device(picture, size));
}

at::Tensor EditorEngine::embed(const GenerateRequest& request) {
  PictureSettings settings = resolve_settings(request, engine_.manifest(), engine_.placement());
  settings.best_of = 1;
  return engine_.renderer().embed_prompts({settings});
}

at::Tensor EditorEngine::embed(const GenerateRequest& request, const Ingredient& ingredient) {
  if (const auto* picture = std::get_if<Picture>(&ingredient.what)) return embed(*picture);
  if (const auto* given = std::get_if<Embedding>(&ingredient.what)) return to_tensor(*given);
  GenerateRequest prompt = request;
  prompt.prompt = std::get<std::string>(ingredient.what);
  return embed(prompt);
}

at::Tensor EditorEngine::embed_texts(const std::vector<std::string>& texts) {
  return engine_.renderer().embed_texts(texts);
}

at::Tensor EditorEngine::to_tensor(const Embedding& embedding) const {
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

at::Tensor EditorEngine::mix(const GenerateRequest& request,
                             std::span<const Ingredient> ingredients) {
  std::vector<at::Tensor> rows;
  std::vector<double> weights;
  for (const Ingredient& ingredient : ingredients) {
    rows.push_back(embed(request, ingredient));
    weights.push_back(ingredient.weight);
  }
  if (rows.empty()) refuse("a mixture needs a picture, a prompt or an embedding");
  return mix_embeddings(at::cat(rows), at::tensor(weights));
}

at::Tensor EditorEngine::invert(const PictureSettings& settings, const Picture& picture,
                                const at::Tensor& embedding) {
  return engine_.renderer().invert(settings, on_device(picture, decoder_size()), embedding);
}

at::Tensor EditorEngine::drawn_noise(const PictureSettings& settings) const {
  const model::PictureSpec& spec = engine_.manifest().picture;
  const std::array seeds = {stream_seed(settings.decoder_seed, "decoder", 0)};
  return diffusion::NoiseStreams(seeds, engine_.placement().device)
      .normal({spec.channels, spec.size, spec.size});
}

at::Tensor EditorEngine::on_device(const Picture& picture, int size) const {
  return from_picture(squared(picture), engine_.manifest().picture.channels, size)
      .to(engine_.placement().device);
}

void EditorEngine::render(const std::vector<PictureSettings>& settings, const Given& given,
                          const Editor::PictureCallback& on_picture) {
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

void EditorEngine::render(const GenerateRequest& request, const Given& given,
                          const Editor::PictureCallback& on_picture) {
  std::vector<PictureSettings> settings(static_cast<std::size_t>(request.count), resolve(request));
  for (std::size_t i = 0; i < settings.size(); ++i) {
    settings[i].seed += i;
    settings[i].decoder_seed += i;
  }
  render(settings, given.expand(request.count), on_picture);
}

}  // namespace dalle2::pipeline
