#pragma once

#include <filesystem>
#include <memory>

#include "text/tokenizer.h"

namespace dalle2::text {

/// Reads vocab.json and merges.txt from the folder: the byte-pair tokenizer of CLIP (Radford et al.
/// 2021), with the same ids as Hugging Face's CLIPTokenizer (5.24; its normalisation does not know
/// the order of combining marks that came after Unicode 9, this one does). Start and end tokens are
/// always there; padding is the end token unless the options say otherwise.
std::unique_ptr<Tokenizer> make_clip_bpe(const std::filesystem::path& folder,
                                         const TokenizerOptions& options);

}  // namespace dalle2::text
