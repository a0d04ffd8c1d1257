#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "dalle2/progress.h"
#include "model/manifest.h"
#include "model/networks.h"
#include "text/tokenizer.h"

namespace dalle2::pipeline {

/// Prompts through the text encoder, each distinct one once.
class EncodedPrompts {
 public:
  /// Encodes `prompts`, and "" for the unconditional halves that want it. `warn` hears of prompts
  /// that are longer than the encoder takes. The network call is filled up to `least_rows`.
  EncodedPrompts(const std::vector<std::string>& prompts, const text::Tokenizer& tokenizer,
                 model::TextEncoder& encoder, const WarningCallback& warn,
                 std::int64_t least_rows = 0);

  /// One row per prompt, [B, …]. Throws std::out_of_range for one that was not encoded.
  model::TextStates rows(const std::vector<std::string>& prompts) const;

  /// The unconditional half: the negative prompt's row, or what the network was trained with where
  /// that is empty.
  model::TextStates unconditional_rows(const std::vector<std::string>& negative_prompts,
                                       model::UnconditionalText kind) const;

 private:
  model::TextStates select(const std::vector<std::int64_t>& rows) const;

  std::unordered_map<std::string, std::int64_t> row_of_;
  std::int64_t zero_row_ = 0;
  model::TextStates states_;  // the distinct prompts, then a row of zeros
};

/// a's rows, then b's.
model::TextStates concatenate(const model::TextStates& a, const model::TextStates& b);

/// Rows [begin, end).
model::TextStates slice(const model::TextStates& states, std::int64_t begin, std::int64_t end);

/// Every row `times` times in a row.
model::TextStates repeat_interleave(const model::TextStates& states, std::int64_t times);

}  // namespace dalle2::pipeline
