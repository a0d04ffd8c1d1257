#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "text/byte_pairs.h"

namespace dalle2::text {

/// What CLIP's vocab.json and merges.txt say, as far as encoding needs it.
struct ClipVocabulary {
  std::int64_t size = 0;  // the largest id, plus 1
  std::int64_t start_of_text = 0;
  std::int64_t end_of_text = 0;
  std::array<std::int64_t, 256> bytes{};       // the token of each byte inside a piece
  std::array<std::int64_t, 256> last_bytes{};  // and at its end
  BytePairs pairs;
};

/// Bytes without a token get that of <|endoftext|>, CLIP's unknown token. Throws Error(kModel)
/// naming the file, and the line or token at fault.
ClipVocabulary read_clip_vocabulary(const std::filesystem::path& vocab_json,
                                    const std::filesystem::path& merges_txt);

}  // namespace dalle2::text
