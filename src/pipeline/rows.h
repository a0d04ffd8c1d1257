#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dalle2/generator.h"
#include "model/manifest.h"

namespace dalle2::pipeline {

/// What the rows of a network call are made of. A picture's candidates (best_of) are rows of their
/// own until they are ranked.
struct Rows {
  std::vector<std::string> prompts;  // as the networks see them
  std::vector<std::string> negative_prompts;
  std::vector<std::uint64_t> prior_seeds;  // prior_candidates a row
  std::vector<std::uint64_t> decoder_seeds;
  std::vector<std::uint64_t> upsampler_seeds;
};

Rows make_rows(const std::vector<PictureSettings>& settings, const model::Defaults& defaults);

/// The seeds of rows `begin` to `end` - 1.
std::span<const std::uint64_t> part(const std::vector<std::uint64_t>& seeds, std::int64_t begin,
                                    std::int64_t end);

}  // namespace dalle2::pipeline
