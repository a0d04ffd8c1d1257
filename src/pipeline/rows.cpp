#include "pipeline/rows.h"

#include "base/seeds.h"
#include "pipeline/settings.h"

namespace dalle2::pipeline {

Rows make_rows(const std::vector<PictureSettings>& settings, const model::Defaults& defaults) {
  Rows rows;
  for (const PictureSettings& one : settings) {
    for (int candidate = 0; candidate < one.best_of; ++candidate) {
      rows.prompts.push_back(worded_prompt(one, defaults));
      rows.negative_prompts.push_back(one.negative_prompt);
      for (int i = 0; i < one.prior_candidates; ++i) {
        const int draw = candidate * one.prior_candidates + i;
        rows.prior_seeds.push_back(stream_seed(one.seed, "prior", draw));
      }
      rows.decoder_seeds.push_back(stream_seed(one.decoder_seed, "decoder", candidate));
      rows.upsampler_seeds.push_back(stream_seed(one.decoder_seed, "upsampler", candidate));
    }
  }
  return rows;
}

std::span<const std::uint64_t> part(const std::vector<std::uint64_t>& seeds, std::int64_t begin,
                                    std::int64_t end) {
  return std::span(seeds).subspan(static_cast<std::size_t>(begin),
                                  static_cast<std::size_t>(end - begin));
}

}  // namespace dalle2::pipeline
