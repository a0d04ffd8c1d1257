#include "text/clip_bpe.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "dalle2/error.h"
#include "text/clip_vocabulary.h"
#include "text/clip_words.h"
#include "text/prompt_text.h"
#include "text/unicode.h"

namespace dalle2::text {
namespace {

class ClipBpe : public Tokenizer {
 public:
  ClipBpe(ClipVocabulary vocabulary, const TokenizerOptions& options)
      : vocabulary_(std::move(vocabulary)),
        max_length_(options.max_length),
        pad_(options.pad_id.value_or(vocabulary_.end_of_text)) {}

  Tokens encode(std::string_view utf8) const override {
    require_utf8(utf8);
    Tokens tokens;
    tokens.ids = {vocabulary_.start_of_text};
    for (const std::string_view word : words_of(utf8)) {
      append_word(word, &tokens.ids);
      if (tokens.ids.size() > room()) {
        tokens.ids.resize(room());
        tokens.dropped_text = utf8.substr(static_cast<std::size_t>(word.data() - utf8.data()));
        break;
      }
    }
    tokens.ids.push_back(vocabulary_.end_of_text);
    tokens.length = static_cast<int>(tokens.ids.size());
    tokens.ids.resize(static_cast<std::size_t>(max_length_), pad_);
    return tokens;
  }

  int max_length() const override { return max_length_; }
  std::int64_t vocab_size() const override { return vocabulary_.size; }

 private:
  // Keeps one place for the end token.
  std::size_t room() const { return static_cast<std::size_t>(max_length_) - 1; }

  // Special tokens are cut out of the raw text, before it is normalised. Stops when there is no
  // room.
  void append_word(std::string_view word, std::vector<std::int64_t>* ids) const {
    while (!word.empty() && ids->size() <= room()) {
      const std::size_t start = word.find(kStartOfText);
      const std::size_t end = word.find(kEndOfText);
      const std::size_t plain = std::min({start, end, word.size()});
      append_plain(word.substr(0, plain), ids);
      word.remove_prefix(plain);
      if (word.empty()) break;
      const bool is_start = word.starts_with(kStartOfText);
      ids->push_back(is_start ? vocabulary_.start_of_text : vocabulary_.end_of_text);
      word.remove_prefix(is_start ? kStartOfText.size() : kEndOfText.size());
    }
  }

  void append_plain(std::string_view text, std::vector<std::int64_t>* ids) const {
    for (const std::string& piece : clip_pieces(compose_and_lower(text))) {
      std::vector<std::int64_t> bytes;
      for (const char c : piece) bytes.push_back(vocabulary_.bytes[static_cast<unsigned char>(c)]);
      bytes.back() = vocabulary_.last_bytes[static_cast<unsigned char>(piece.back())];
      const std::vector<std::int64_t> merged = vocabulary_.pairs.merge(bytes);
      ids->insert(ids->end(), merged.begin(), merged.end());
    }
  }

  ClipVocabulary vocabulary_;
  int max_length_;
  std::int64_t pad_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_clip_bpe(const std::filesystem::path& folder,
                                         const TokenizerOptions& options) {
  if (options.max_length < 2) {
    throw Error(ErrorKind::kModel,
                "clip_bpe needs room for its start and end tokens: max_length is " +
                    std::to_string(options.max_length));
  }
  return std::make_unique<ClipBpe>(
      read_clip_vocabulary(folder / "vocab.json", folder / "merges.txt"), options);
}

}  // namespace dalle2::text
