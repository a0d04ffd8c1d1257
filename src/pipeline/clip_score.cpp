#include "pipeline/clip_score.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

namespace dalle2::pipeline {

diffusion::ScoreGradient clip_score(model::Classifier& classifier, const at::Tensor& text_embedding,
                                    double logit_scale) {
  return [&classifier, text_embedding, logit_scale](const at::Tensor& x, std::int64_t t) {
    const at::Tensor x_t = x.detach().requires_grad_(true);
    const at::Tensor embedding =
        classifier.embedding(x_t, at::full({x.size(0)}, t, x.options().dtype(at::kLong)));
    const at::Tensor log_p = logit_scale * at::cosine_similarity(embedding, text_embedding, 1);
    return torch::autograd::grad({log_p.sum()}, {x_t}).front();
  };
}

}  // namespace dalle2::pipeline
