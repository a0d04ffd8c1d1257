#pragma once

#include <ATen/core/Tensor.h>

#include "diffusion/classifier_guidance.h"
#include "model/networks.h"

namespace dalle2::pipeline {

/// grad_x log p(text | x_t) of a CLIP image encoder trained on noised pictures (GLIDE: Nichol et
/// al. 2022, section 2.4), with log p(text | x_t) = logit_scale * cosine + constant.
/// `text_embedding` is [B, E]; `classifier` must outlive the function.
diffusion::ScoreGradient clip_score(model::Classifier& classifier, const at::Tensor& text_embedding,
                                    double logit_scale);

}  // namespace dalle2::pipeline
