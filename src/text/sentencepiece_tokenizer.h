#pragma once

#include <filesystem>
#include <memory>

#include "text/tokenizer.h"

namespace dalle2::text {

/// Reads tokenizer.model from the folder (Kudo and Richardson 2018). Padding is the model's own pad
/// id, or 0 where it has none. sentencepiece's headers stay in the source file.
std::unique_ptr<Tokenizer> make_sentencepiece(const std::filesystem::path& folder,
                                              const TokenizerOptions& options);

}  // namespace dalle2::text
