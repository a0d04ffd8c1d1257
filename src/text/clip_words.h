#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dalle2::text {

inline constexpr std::string_view kStartOfText = "<|startoftext|>";
inline constexpr std::string_view kEndOfText = "<|endoftext|>";

/// Cuts one word, already composed and lower-cased, into the pieces (UTF-8) that byte pairs never
/// join across: the matches of CLIP's expression
/// `'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+`. `word` holds no white space.
std::vector<std::string> clip_pieces(std::u32string_view word);

}  // namespace dalle2::text
