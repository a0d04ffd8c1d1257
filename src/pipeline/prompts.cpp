#include "pipeline/prompts.h"

#include <ATen/ATen.h>

namespace dalle2::pipeline {
namespace {

struct TokenBatch {
  at::Tensor ids;   // [B, T] int64
  at::Tensor mask;  // [B, T] bool
};

TokenBatch tokenize(const std::vector<std::string>& prompts, const text::Tokenizer& tokenizer,
                    const WarningCallback& warn) {
  const std::int64_t rows = static_cast<std::int64_t>(prompts.size());
  TokenBatch batch{at::empty({rows, tokenizer.max_length()}, at::kLong),
                   at::zeros({rows, tokenizer.max_length()}, at::kBool)};
  for (std::int64_t row = 0; row < rows; ++row) {
    const text::Tokens tokens = tokenizer.encode(prompts[static_cast<std::size_t>(row)]);
    std::copy(tokens.ids.begin(), tokens.ids.end(), batch.ids[row].data_ptr<std::int64_t>());
    batch.mask[row].slice(0, 0, tokens.length).fill_(true);
    if (tokens.truncated() && warn) {
      warn("the prompt is longer than the text encoder reads; this was left out: \"" +
           tokens.dropped_text + "\"");
    }
  }
  return batch;
}

at::Tensor with_zero_row(const at::Tensor& tensor) {
  return at::cat({tensor, at::zeros_like(tensor.slice(0, 0, 1))});
}

/// And its first row `copies` times more.
at::Tensor with_copies(const at::Tensor& tensor, std::int64_t copies) {
  if (copies <= 0) return tensor;
  return at::cat({tensor, tensor.slice(0, 0, 1).expand({copies, -1})});
}

template <typename Function>
model::TextStates map(const model::TextStates& states, Function&& function) {
  return {function(states.embedding), function(states.token_states), function(states.mask)};
}

}  // namespace

EncodedPrompts::EncodedPrompts(const std::vector<std::string>& prompts,
                               const text::Tokenizer& tokenizer, model::TextEncoder& encoder,
                               const WarningCallback& warn, std::int64_t least_rows) {
  std::vector<std::string> distinct;
  for (const std::string& prompt : prompts) {
    if (row_of_.try_emplace(prompt, static_cast<std::int64_t>(distinct.size())).second) {
      distinct.push_back(prompt);
    }
  }
  const TokenBatch tokens = tokenize(distinct, tokenizer, warn);
  const std::int64_t copies = least_rows - static_cast<std::int64_t>(distinct.size());
  states_ = map(encoder(with_copies(tokens.ids, copies), with_copies(tokens.mask, copies)),
                with_zero_row);
  zero_row_ = states_.embedding.size(0) - 1;
}

model::TextStates EncodedPrompts::rows(const std::vector<std::string>& prompts) const {
  std::vector<std::int64_t> rows;
  for (const std::string& prompt : prompts) rows.push_back(row_of_.at(prompt));
  return select(rows);
}

model::TextStates EncodedPrompts::unconditional_rows(
    const std::vector<std::string>& negative_prompts, model::UnconditionalText kind) const {
  std::vector<std::int64_t> rows;
  for (const std::string& prompt : negative_prompts) {
    const bool zeros = prompt.empty() && kind == model::UnconditionalText::kZeros;
    rows.push_back(zeros ? zero_row_ : row_of_.at(prompt));
  }
  return select(rows);
}

model::TextStates EncodedPrompts::select(const std::vector<std::int64_t>& rows) const {
  const at::Tensor index = at::tensor(rows, at::kLong).to(states_.embedding.device());
  return map(states_, [&](const at::Tensor& tensor) { return tensor.index_select(0, index); });
}

model::TextStates concatenate(const model::TextStates& a, const model::TextStates& b) {
  return {at::cat({a.embedding, b.embedding}), at::cat({a.token_states, b.token_states}),
          at::cat({a.mask, b.mask})};
}

model::TextStates slice(const model::TextStates& states, std::int64_t begin, std::int64_t end) {
  return map(states, [&](const at::Tensor& tensor) { return tensor.slice(0, begin, end); });
}

model::TextStates repeat_interleave(const model::TextStates& states, std::int64_t times) {
  return map(states, [&](const at::Tensor& tensor) { return tensor.repeat_interleave(times, 0); });
}

}  // namespace dalle2::pipeline
