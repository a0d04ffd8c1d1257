#pragma once

#include <utility>

#include "diffusion/classifier_free_guidance.h"
#include "pipeline/prompts.h"  // concatenate() of text states

namespace dalle2::pipeline {

/// A network's inputs for the two halves of classifier-free guidance, joined once before sampling.
template <typename Inputs>
class Halves {
 public:
  Halves(Inputs conditional, Inputs unconditional)
      : both_(concatenate(conditional, unconditional)),
        conditional_(std::move(conditional)),
        unconditional_(std::move(unconditional)) {}

  const Inputs& of(diffusion::Condition condition) const {
    switch (condition) {
      case diffusion::Condition::kConditional:
        return conditional_;
      case diffusion::Condition::kUnconditional:
        return unconditional_;
      case diffusion::Condition::kBoth:
        return both_;
    }
    return both_;
  }

 private:
  Inputs both_;  // first, so that it is made before the halves are moved from
  Inputs conditional_;
  Inputs unconditional_;
};

}  // namespace dalle2::pipeline
