#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "dalle2/error.h"
#include "fuzz/check.h"
#include "text/tokenizer.h"

namespace {

using namespace dalle2;

void check_tokenizer(const text::Tokenizer& tokenizer, std::string_view prompt) {
  try {
    const text::Tokens tokens = tokenizer.encode(prompt);
    check(tokens.ids.size() == std::size_t(tokenizer.max_length()));
    check(tokens.length >= 0 && tokens.length <= tokenizer.max_length());
    for (const std::int64_t id : tokens.ids) check(id >= 0 && id < tokenizer.vocab_size());
    check(prompt.ends_with(tokens.dropped_text));
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::kUsage);
  }
}

}  // namespace

/// Any bytes are a prompt, or refused as one that is not UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto clip =
      text::make_tokenizer("clip_bpe", DALLE2_TEST_GOLDEN "/clip_bpe", {.max_length = 77});
  static const auto pieces = text::make_tokenizer(
      "sentencepiece", DALLE2_TEST_SOURCE "/unit/text/sentencepiece/plain", {.max_length = 32});
  const std::string_view prompt(reinterpret_cast<const char*>(data), size);
  check_tokenizer(*clip, prompt);
  check_tokenizer(*pieces, prompt);
  return 0;
}
