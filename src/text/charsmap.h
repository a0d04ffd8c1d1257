#pragma once

#include <string_view>

namespace dalle2::text {

/// Whether the normalisation tables of a serialized sentencepiece model can be followed safely.
///
/// sentencepiece trusts them: it follows the double-array trie (Darts-clone) of a "precompiled charsmap"
/// without looking at its bounds, and has room for 32 rules that match at one place. False also
/// when `model` is no protocol buffer.
bool charsmaps_are_sound(std::string_view model);

}  // namespace dalle2::text
