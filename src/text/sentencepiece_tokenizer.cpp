#include "text/sentencepiece_tokenizer.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include <sentencepiece_processor.h>

#include "base/files.h"
#include "dalle2/error.h"
#include "text/charsmap.h"
#include "text/prompt_text.h"

namespace dalle2::text {
namespace {

constexpr std::size_t kMaxFileSize = 256 << 20;

class SentencePiece : public Tokenizer {
 public:
  SentencePiece(const std::filesystem::path& file, const TokenizerOptions& options)
      : options_(options) {
    const auto refuse = [&file](const std::string& reason) {
      throw Error(ErrorKind::kModel, file.string() + ": " + reason);
    };
    const std::string model = read_file(file, ErrorKind::kModel, kMaxFileSize);
    // Before loading, which may encode samples of the file's own.
    if (!charsmaps_are_sound(model) || !processor_.LoadFromSerializedProto(model).ok() ||
        processor_.GetPieceSize() < 1) {
      refuse("not a sentencepiece model, or damaged");
    }
    if (options.add_bos && processor_.bos_id() < 0) refuse("it has no start token to add");
    if (options.add_eos && processor_.eos_id() < 0) refuse("it has no end token to add");
    if (options.max_length <= options.add_bos + options.add_eos) {
      refuse("max_length " + std::to_string(options.max_length) + " leaves no room for the prompt");
    }
    pad_ = options.pad_id.value_or(std::max(0, processor_.pad_id()));
  }

  Tokens encode(std::string_view utf8) const override {
    require_utf8(utf8);
    sentencepiece::ImmutableSentencePieceText text;
    if (const auto status = processor_.Encode(utf8, text.mutable_proto()); !status.ok()) {
      throw Error(ErrorKind::kRuntime,
                  "the prompt cannot be cut into tokens: " + status.ToString());
    }
    Tokens tokens;
    if (options_.add_bos) tokens.ids.push_back(processor_.bos_id());
    const std::size_t room =
        static_cast<std::size_t>(options_.max_length - (options_.add_eos ? 1 : 0));
    for (std::size_t i = 0; i < text.pieces_size(); ++i) {
      const auto piece = text.pieces(static_cast<int>(i));
      if (tokens.ids.size() == room) {
        tokens.dropped_text = utf8.substr(piece.begin());
        break;
      }
      tokens.ids.push_back(piece.id());
    }
    if (options_.add_eos) tokens.ids.push_back(processor_.eos_id());
    tokens.length = static_cast<int>(tokens.ids.size());
    tokens.ids.resize(static_cast<std::size_t>(options_.max_length), pad_);
    return tokens;
  }

  int max_length() const override { return options_.max_length; }
  std::int64_t vocab_size() const override { return processor_.GetPieceSize(); }

 private:
  sentencepiece::SentencePieceProcessor processor_;
  TokenizerOptions options_;
  std::int64_t pad_ = 0;
};

}  // namespace

std::unique_ptr<Tokenizer> make_sentencepiece(const std::filesystem::path& folder,
                                              const TokenizerOptions& options) {
  return std::make_unique<SentencePiece>(folder / "tokenizer.model", options);
}

}  // namespace dalle2::text
