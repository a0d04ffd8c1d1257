#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dalle2/generator.h"
#include "diffusion/sampler.h"
#include "model/networks.h"
#include "pipeline/given.h"
#include "pipeline/network_store.h"
#include "pipeline/noise_file.h"
#include "pipeline/prior_stage.h"
#include "pipeline/rows.h"
#include "text/tokenizer.h"

namespace dalle2::pipeline {

/// Runs the stages, prompt to pixels, on one batch of pictures at a time.
class Renderer {
 public:
  /// References must outlive this.
  Renderer(NetworkStore& networks, const text::Tokenizer& tokenizer,
           const GeneratorOptions& options);

  /// One picture per settings, all with same_sampling(). A picture depends on its own settings
  /// only, and on its row of what is given. An empty prompt means no text, which takes a given
  /// embedding. `first_picture` numbers the batch in progress reports and in a file of noise.
  /// Throws Error.
  std::vector<GeneratedPicture> render(const std::vector<PictureSettings>& settings,
                                       int first_picture, const Given& given = {});

  /// Image embeddings [B, E] that the prior draws for the pictures that these settings make.
  at::Tensor embed_prompts(const std::vector<PictureSettings>& settings);

  /// Text embeddings [B, E].
  at::Tensor embed_texts(const std::vector<std::string>& texts);

  /// Image embeddings [B, E] of square pictures [B, C, N, N] in [-1, 1].
  at::Tensor embed_pictures(const at::Tensor& pictures);

  /// The decoder's noise [B, C, S, S] that leads to pictures [B, C, S, S], drawn without text.
  at::Tensor invert(const PictureSettings& settings, const at::Tensor& pictures,
                    const at::Tensor& image_embeddings);

  /// How many pictures fill a batch; falls when memory runs out.
  std::int64_t batch_size(const PictureSettings& settings) const;

  Timings timings() const { return timings_; }

 private:
  struct Text {
    model::TextStates conditional;
    model::TextStates prior_unconditional;
    model::TextStates decoder_unconditional;
  };
  struct Ranking {
    at::Tensor rows;          // [pictures] int64, the best row of each
    at::Tensor similarities;  // [pictures, best_of]
  };

  Text encode_text(const Rows& rows);
  PriorSample image_embeddings(const PictureSettings& shared, const Rows& rows, const Text& text);
  at::Tensor decode(const PictureSettings& shared, const Rows& rows, const Text& text,
                    const Given& given);
  Ranking rank(const PictureSettings& shared, const Text& text, const at::Tensor& pictures);
  at::Tensor upsample(const PictureSettings& shared, const std::vector<std::uint64_t>& seeds,
                      at::Tensor pictures, const KnownRegion& known);

  /// Of rows `begin` to `end` - 1 of a stage; `seeds` are theirs.
  std::unique_ptr<diffusion::NoiseSource> noise_of(const std::string& stage,
                                                   std::span<const std::uint64_t> seeds,
                                                   std::int64_t begin, std::int64_t end) const;

  diffusion::StepCallback reporter(Stage stage, std::int64_t rows) const;
  /// `report`, after the options' preview callback if there is one.
  diffusion::StepCallback previewer(const PictureSettings& shared, std::int64_t first_row,
                                    diffusion::StepCallback report) const;
  void stop_if_cancelled() const;

  NetworkStore& networks_;
  const text::Tokenizer& tokenizer_;
  const GeneratorOptions& options_;
  std::optional<NoiseFile> noise_file_;
  std::int64_t max_batch_;
  int first_picture_ = 0;
  Timings timings_;
};

}  // namespace dalle2::pipeline
