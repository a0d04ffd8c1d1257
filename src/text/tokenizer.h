#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Turns prompts into the token ids that a text encoder was trained on.
namespace dalle2::text {

/// One prompt, always padded to the tokenizer's length so that a picture does not depend on what
/// else is in its batch.
struct Tokens {
  std::vector<std::int64_t> ids;  // max_length of them
  int length = 0;                 // the first `length` ids are real (mask true), the rest padding
  std::string dropped_text;       // end of the prompt that did not fit; empty when all of it did

  bool truncated() const { return !dropped_text.empty(); }
};

/// Immutable once made, so one tokenizer may serve several threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// `utf8` may be empty and of any size. Throws Error(kUsage) naming the byte offset when it is
  /// not UTF-8.
  virtual Tokens encode(std::string_view utf8) const = 0;

  virtual int max_length() const = 0;           // ids per prompt
  virtual std::int64_t vocab_size() const = 0;  // ids are in [0, vocab_size)
};

/// What a package's manifest says about its tokenizer.
struct TokenizerOptions {
  int max_length = 0;  // ids per prompt, special tokens included; at least 1
  std::optional<std::int64_t> pad_id = std::nullopt;  // when it differs from the kind's own choice
  bool add_bos = false;                               // sentencepiece only: CLIP always has both
  bool add_eos = false;
};

/// A row of the table of tokenizers.
struct TokenizerKind {
  std::string_view name;  // as in model.json
  std::string_view summary;
  std::span<const std::string_view> files;  // in the package folder
  std::unique_ptr<Tokenizer> (*make)(const std::filesystem::path& folder,
                                     const TokenizerOptions& options);
};

std::span<const TokenizerKind> tokenizer_kinds();

/// Throws Error(kModel) for an unknown kind, an unknown file content or unfit options.
std::unique_ptr<Tokenizer> make_tokenizer(std::string_view kind,
                                          const std::filesystem::path& folder,
                                          const TokenizerOptions& options);

}  // namespace dalle2::text
