#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "diffusion/denoiser.h"
#include "diffusion/interval.h"

/// Classifier-free guidance (Ho & Salimans 2022): unconditional + scale * (conditional -
/// unconditional), on raw network output; as the weights sum to 1 the outcome is the same for
/// epsilon, v and x0.
namespace dalle2::diffusion {

/// Which inputs go with the rows of x.
enum class Condition {
  kConditional,    // x is [B, ...]
  kUnconditional,  // x is [B, ...]; dropped inputs, or those of a negative prompt
  kBoth,           // x is [2B, ...]: B conditional rows, then B unconditional ones
};

/// A network that knows both sets of inputs. Returns one row per row of x.
using ConditionalNetwork =
    std::function<at::Tensor(const at::Tensor& x, std::int64_t t, Condition condition)>;

struct ClassifierFreeOptions {
  double scale = 1.0;      // 1: conditional only, 0: unconditional only, > 1: guided; >= 0
  Interval interval = {};  // outside of it only the conditional half runs
  std::optional<std::int64_t> channels = {};  // guide only the first ones; the others are the
                                              // conditional half's
};

/// One network call a step, of 2B rows where guidance is on and B rows where it is off or scale is
/// 1, or 0 for all channels. Learned variance is the conditional half's. Throws Error(kUsage) for a
/// negative or non-finite scale or a bad interval.
Network classifier_free_guidance(ConditionalNetwork network, ClassifierFreeOptions options,
                                 std::int64_t num_timesteps);

}  // namespace dalle2::diffusion
