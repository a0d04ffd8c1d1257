#include "pipeline/renderer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.h"
#include "image/composite.h"
#include "image/resize.h"
#include "pipeline/decoder_stage.h"
#include "pipeline/micro_batches.h"
#include "pipeline/pixels.h"
#include "pipeline/prompts.h"
#include "pipeline/stage_timer.h"
#include "pipeline/stopwatch.h"
#include "pipeline/upsampler_stage.h"

namespace dalle2::pipeline {
namespace {

/// How many of the upsamplers lead from the decoder's pictures to `width`.
std::size_t upsamplers_for(const model::Manifest& manifest, int width) {
  const auto& specs = manifest.networks.upsamplers;
  std::size_t count = 0;
  for (int size = manifest.picture.size; count < specs.size() && size < width; ++count) {
    size = specs[count].output_size;
  }
  return count;
}

/// The numbers of the i-th of `pictures` pictures, whose rows lie together.
std::vector<double> numbers_of_picture(const at::Tensor& rows, std::size_t i,
                                       std::size_t pictures) {
  const at::Tensor one = rows.reshape({static_cast<std::int64_t>(pictures), -1})
                             .select(0, static_cast<std::int64_t>(i))
                             .to(at::kCPU, at::kDouble)
                             .contiguous();
  return {one.data_ptr<double>(), one.data_ptr<double>() + one.numel()};
}

Picture finished(Picture picture, const PictureSettings& settings) {
  if (picture.width != settings.width) {
    picture =
        image::resize(picture, settings.width, settings.height, image::filter_named("lanczos"));
  }
  if (settings.background == "auto" || settings.background == "transparent") return picture;
  const image::Color color =
      settings.background == "opaque" ? image::kWhite : image::parse_color(settings.background);
  return image::with_background(picture, color);
}

}  // namespace

Renderer::Renderer(NetworkStore& networks, const text::Tokenizer& tokenizer,
                   const GeneratorOptions& options)
    : networks_(networks),
      tokenizer_(tokenizer),
      options_(options),
      noise_file_(options.noise.empty() ? std::nullopt : std::optional<NoiseFile>(options.noise)),
      max_batch_(options.deterministic ? 1 : std::max(1, options.max_batch)) {}

std::int64_t Renderer::batch_size(const PictureSettings& settings) const {
  return std::max<std::int64_t>(1, max_batch_ / settings.best_of);
}

std::vector<GeneratedPicture> Renderer::render(const std::vector<PictureSettings>& settings,
                                               int first_picture, const Given& given) {
  first_picture_ = first_picture;
  const PictureSettings& shared = settings.front();
  if (noise_file_) {
    noise_file_->check(shared, networks_.manifest(),
                       first_picture + static_cast<std::int64_t>(settings.size()),
                       /*with_prior=*/!given.image_embedding.defined());
  }
  networks_.load_ahead(upsamplers_for(networks_.manifest(), shared.width),
                       /*with_classifier=*/shared.classifier_scale != 0.0);
  const Rows rows = make_rows(settings, networks_.manifest().defaults);
  const Text text = encode_text(rows);
  Given candidates = given.repeat_interleave(shared.best_of);
  PriorSample prior;
  if (!candidates.image_embedding.defined()) {
    prior = image_embeddings(shared, rows, text);
    candidates.image_embedding = prior.embeddings;
    candidates.sketch = prior.sketches;
  }
  at::Tensor pictures = decode(shared, rows, text, candidates);

  std::vector<GeneratedPicture> results(settings.size());
  std::vector<std::uint64_t> upsampler_seeds = rows.upsampler_seeds;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    results[i].settings = settings[i];
    if (noise_file_) results[i].settings.source = noise_file_->source();
    results[i].text_similarity = std::numeric_limits<double>::quiet_NaN();
    if (prior.embeddings.defined() && shared.prior_candidates > 1) {
      results[i].prior_similarities = numbers_of_picture(prior.similarities, i, settings.size());
    }
  }
  if (shared.best_of > 1) {
    const Ranking best = rank(shared, text, pictures);
    pictures = pictures.index_select(0, best.rows.to(pictures.device()));
    for (std::size_t i = 0; i < settings.size(); ++i) {
      const auto index = static_cast<std::int64_t>(i);
      results[i].similarities = numbers_of_picture(best.similarities, i, settings.size());
      results[i].text_similarity = std::ranges::max(results[i].similarities);
      const auto row = static_cast<std::size_t>(best.rows[index].item<std::int64_t>());
      upsampler_seeds[i] = rows.upsampler_seeds[row];
    }
    upsampler_seeds.resize(settings.size());
  }
  std::vector<Picture> finals =
      to_pictures(upsample(shared, upsampler_seeds, pictures, given.known));
  for (std::size_t i = 0; i < settings.size(); ++i) {
    results[i].picture = finished(std::move(finals[i]), settings[i]);
  }
  return results;
}

Renderer::Text Renderer::encode_text(const Rows& rows) {
  stop_if_cancelled();
  networks_.begin_stage();
  const StageTimer timer(networks_, &timings_.text);
  const model::Networks& networks = networks_.manifest().networks;

  std::vector<std::string> prompts = rows.prompts;
  std::copy_if(rows.negative_prompts.begin(), rows.negative_prompts.end(),
               std::back_inserter(prompts), [](const std::string& p) { return !p.empty(); });
  const auto wants_empty = [](model::UnconditionalText kind) {
    return kind == model::UnconditionalText::kEmptyPrompt;
  };
  if (wants_empty(networks.prior.unconditional_text) ||
      wants_empty(networks.decoder.unconditional_text)) {
    prompts.emplace_back();
  }
  // How many of the prompts differ must not matter either.
  const auto most_rows = static_cast<std::int64_t>(2 * rows.prompts.size() + 1);
  const EncodedPrompts encoded(prompts, tokenizer_, networks_.text_encoder(), options_.warn,
                               options_.fixed_batch ? most_rows : 0);
  return {encoded.unconditional_rows(rows.prompts, networks.decoder.unconditional_text),
          encoded.unconditional_rows(rows.negative_prompts, networks.prior.unconditional_text),
          encoded.unconditional_rows(rows.negative_prompts, networks.decoder.unconditional_text)};
}

PriorSample Renderer::image_embeddings(const PictureSettings& shared, const Rows& rows,
                                       const Text& text) {
  networks_.begin_stage();
  const StageTimer timer(networks_, &timings_.prior);
  model::Prior& prior = networks_.prior();
  std::optional<SketchNetworks> sketch;
  if (networks_.manifest().networks.compositor) {
    sketch.emplace(networks_.compositor(), networks_.image_encoder());
  }
  // A row of the prior is so short that its place decides how it is aligned in memory, and with
  // that its last bits.
  std::int64_t one = 1;
  std::vector<at::Tensor> embeddings;
  std::vector<at::Tensor> similarities;
  std::vector<at::Tensor> sketches;
  in_micro_batches(
      text.conditional.embedding.size(0), options_.fixed_batch ? &one : &max_batch_, options_.warn,
      [&](std::int64_t begin, std::int64_t end) {
        const int candidates = shared.prior_candidates;
        const auto noise = noise_of(
            "prior", part(rows.prior_seeds, begin * candidates, end * candidates), begin, end);
        PriorSample sample = sample_prior(prior, sketch ? &*sketch : nullptr, networks_.manifest(),
                                          slice(text.conditional, begin, end),
                                          slice(text.prior_unconditional, begin, end),
                                          {.steps = shared.prior_steps,
                                           .guidance = shared.prior_guidance,
                                           .candidates = candidates,
                                           .on_step = reporter(Stage::kPrior, end - begin)},
                                          *noise);
        embeddings.push_back(std::move(sample.embeddings));
        similarities.push_back(std::move(sample.similarities));
        if (sketch) sketches.push_back(std::move(sample.sketches));
      });
  return {at::cat(embeddings), at::cat(similarities), sketch ? at::cat(sketches) : at::Tensor()};
}

at::Tensor Renderer::decode(const PictureSettings& shared, const Rows& rows, const Text& text,
                            const Given& given) {
  networks_.begin_stage();
  const StageTimer timer(networks_, &timings_.decoder);
  model::Decoder& decoder = networks_.decoder();
  model::Classifier* classifier =
      shared.classifier_scale != 0.0 ? &networks_.classifier() : nullptr;
  std::vector<at::Tensor> parts;
  in_micro_batches(
      given.image_embedding.size(0), &max_batch_, options_.warn,
      [&](std::int64_t begin, std::int64_t end) {
        const auto noise = noise_of("decoder", part(rows.decoder_seeds, begin, end), begin, end);
        const Given own = given.slice(begin, end);
        parts.push_back(sample_decoder(
            decoder, classifier, networks_.manifest(),
            {own.image_embedding, slice(text.conditional, begin, end), own.sketch},
            slice(text.decoder_unconditional, begin, end),
            {.sampler = shared.sampler,
             .steps = shared.steps,
             .eta = shared.eta,
             .guidance = shared.guidance,
             .classifier_scale = shared.classifier_scale,
             .guidance_interval = {shared.guidance_from, shared.guidance_until},
             .on_step = previewer(shared, begin, reporter(Stage::kDecoder, end - begin)),
             .start = own.start,
             .known = own.known},
            *noise));
      });
  return at::cat(parts);
}

at::Tensor Renderer::embed_prompts(const std::vector<PictureSettings>& settings) {
  const Rows rows = make_rows(settings, networks_.manifest().defaults);
  return image_embeddings(settings.front(), rows, encode_text(rows)).embeddings;
}

at::Tensor Renderer::embed_texts(const std::vector<std::string>& texts) {
  stop_if_cancelled();
  networks_.begin_stage();
  return EncodedPrompts(texts, tokenizer_, networks_.text_encoder(), options_.warn)
      .rows(texts)
      .embedding;
}

at::Tensor Renderer::invert(const PictureSettings& settings, const at::Tensor& pictures,
                            const at::Tensor& image_embeddings) {
  PictureSettings one = settings;
  one.prompt.clear();
  one.best_of = 1;
  const std::vector<PictureSettings> all(static_cast<std::size_t>(pictures.size(0)), one);
  const Text text = encode_text(make_rows(all, networks_.manifest().defaults));
  networks_.begin_stage();
  const StageTimer timer(networks_, &timings_.decoder);
  return invert_decoder(networks_.decoder(), networks_.manifest(),
                        {image_embeddings, text.conditional}, text.decoder_unconditional,
                        {.sampler = "ddim",
                         .steps = settings.steps,
                         .guidance = settings.guidance,
                         .guidance_interval = {settings.guidance_from, settings.guidance_until},
                         .on_step = reporter(Stage::kDecoder, pictures.size(0))},
                        pictures);
}

at::Tensor Renderer::embed_pictures(const at::Tensor& pictures) {
  stop_if_cancelled();
  networks_.begin_stage();
  model::ImageEncoder& encoder = networks_.image_encoder();
  const at::Tensor seen = resized(pictures, networks_.manifest().networks.image_encoder->size);
  std::vector<at::Tensor> parts;
  in_micro_batches(seen.size(0), &max_batch_, options_.warn,
                   [&](std::int64_t begin, std::int64_t end) {
                     parts.push_back(encoder(seen.slice(0, begin, end)));
                   });
  return at::cat(parts);
}

Renderer::Ranking Renderer::rank(const PictureSettings& shared, const Text& text,
                                 const at::Tensor& pictures) {
  const at::Tensor similarity =
      at::cosine_similarity(embed_pictures(pictures), text.conditional.embedding, 1)
          .cpu()
          .view({-1, shared.best_of});
  const at::Tensor candidate = similarity.argmax(1);
  return {candidate + at::arange(candidate.size(0)) * shared.best_of, similarity};
}

at::Tensor Renderer::upsample(const PictureSettings& shared,
                              const std::vector<std::uint64_t>& seeds, at::Tensor pictures,
                              const KnownRegion& known) {
  const model::Manifest& manifest = networks_.manifest();
  const auto& specs = manifest.networks.upsamplers;
  for (std::size_t i = 0; i < specs.size() && pictures.size(2) < shared.width; ++i) {
    networks_.begin_stage();
    const StageTimer timer(networks_, &timings_.upsampler);
    model::Upsampler& upsampler = networks_.upsampler(i);
    std::int64_t batch = std::max<std::int64_t>(
        1, max_batch_ * manifest.picture.size * manifest.picture.size /
               (static_cast<std::int64_t>(specs[i].output_size) * specs[i].output_size));
    std::vector<at::Tensor> parts;
    in_micro_batches(
        pictures.size(0), &batch, options_.warn, [&](std::int64_t begin, std::int64_t end) {
          const auto noise =
              noise_of(upsampler_stage(specs[i]), part(seeds, begin, end), begin, end);
          parts.push_back(sample_upsampler(upsampler, specs[i], *manifest.defaults.upsampler,
                                           pictures.slice(0, begin, end),
                                           {.steps = shared.upsampler_steps,
                                            .on_step = reporter(Stage::kUpsampler, end - begin),
                                            .known = known.slice(begin, end)},
                                           *noise));
        });
    pictures = at::cat(parts);
  }
  return pictures;
}

std::unique_ptr<diffusion::NoiseSource> Renderer::noise_of(const std::string& stage,
                                                           std::span<const std::uint64_t> seeds,
                                                           std::int64_t begin,
                                                           std::int64_t end) const {
  const at::Device device = networks_.placement().device;
  if (!noise_file_) return std::make_unique<diffusion::NoiseStreams>(seeds, device);
  return noise_file_->rows(stage, first_picture_ + begin, first_picture_ + end, device);
}

diffusion::StepCallback Renderer::reporter(Stage stage, std::int64_t rows) const {
  Stopwatch since_last;
  return [this, stage, rows, since_last](const diffusion::StepReport& report) mutable {
    if (options_.progress) {
      options_.progress({.stage = stage,
                         .step = report.step,
                         .steps = report.steps,
                         .first_picture = first_picture_,
                         .pictures = static_cast<int>(rows),
                         .seconds = since_last.seconds()});
    }
    since_last = Stopwatch();
    stop_if_cancelled();
  };
}

diffusion::StepCallback Renderer::previewer(const PictureSettings& shared, std::int64_t first_row,
                                            diffusion::StepCallback report) const {
  if (!options_.preview) return report;
  const int rows_a_picture = shared.best_of;
  return [this, rows_a_picture, first_row, report](const diffusion::StepReport& step) {
    int row = static_cast<int>(first_row);
    for (Picture& image : to_pictures(step.x0)) {
      options_.preview({.picture = first_picture_ + row / rows_a_picture,
                        .candidate = row % rows_a_picture,
                        .step = step.step,
                        .steps = step.steps,
                        .image = std::move(image)});
      ++row;
    }
    report(step);
  };
}

void Renderer::stop_if_cancelled() const {
  if (options_.cancelled && options_.cancelled()) throw Error(ErrorKind::kCancelled, "stopped");
}

}  // namespace dalle2::pipeline
