#include "text/tokenizer.h"

#include <array>

#include "dalle2/error.h"
#include "text/clip_bpe.h"
#include "text/sentencepiece_tokenizer.h"

namespace dalle2::text {
namespace {

using namespace std::string_view_literals;

constexpr int kMaxLength = 4096;
constexpr std::array kSentencePieceFiles = {"tokenizer.model"sv};
constexpr std::array kClipFiles = {"vocab.json"sv, "merges.txt"sv};

constexpr std::array kKinds = {
    TokenizerKind{"sentencepiece", "unigram pieces in any language, from a sentencepiece model",
                  kSentencePieceFiles, make_sentencepiece},
    TokenizerKind{"clip_bpe", "CLIP's lower-cased byte pairs, as Karlo needs", kClipFiles,
                  make_clip_bpe},
};

}  // namespace

std::span<const TokenizerKind> tokenizer_kinds() { return kKinds; }

std::unique_ptr<Tokenizer> make_tokenizer(std::string_view kind,
                                          const std::filesystem::path& folder,
                                          const TokenizerOptions& options) {
  if (options.max_length < 1 || options.max_length > kMaxLength) {
    throw Error(ErrorKind::kModel, "a tokenizer's max_length is 1 to " +
                                       std::to_string(kMaxLength) + ", not " +
                                       std::to_string(options.max_length));
  }
  std::string names;
  for (const TokenizerKind& row : kKinds) {
    if (row.name == kind) return row.make(folder, options);
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorKind::kModel,
              "no tokenizer kind '" + std::string(kind) + "': this program knows " + names);
}

}  // namespace dalle2::text
