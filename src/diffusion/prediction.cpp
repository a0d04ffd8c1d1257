#include "diffusion/prediction.h"

#include <array>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.h"

namespace dalle2::diffusion {
namespace {

constexpr std::array<std::pair<PredictionKind, std::string_view>, 3> kNames{{
    {PredictionKind::kEpsilon, "epsilon"},
    {PredictionKind::kV, "v"},
    {PredictionKind::kX0, "x0"},
}};

at::Tensor combine(const at::Tensor& a, double weight_a, const at::Tensor& b, double weight_b) {
  return at::mul(a, weight_a).add_(b, weight_b);
}

}  // namespace

std::string_view to_string(PredictionKind kind) {
  return kNames[static_cast<std::size_t>(kind)].second;
}

PredictionKind prediction_kind(std::string_view name) {
  for (const auto& [kind, kind_name] : kNames) {
    if (kind_name == name) return kind;
  }
  throw Error(ErrorKind::kModel,
              "unknown prediction kind '" + std::string(name) + "'; known are epsilon, v, x0");
}

Prediction to_prediction(const at::Tensor& x, const at::Tensor& output, NoiseLevel level,
                         PredictionKind kind, bool learned_variance) {
  const std::int64_t channels = x.size(1);
  const std::int64_t expected = learned_variance ? 2 * channels : channels;
  if (output.dim() != x.dim() || output.size(0) != x.size(0) || output.size(1) != expected ||
      output.sizes().slice(2) != x.sizes().slice(2)) {
    throw Error(ErrorKind::kModel,
                "the network gave a tensor of another shape than its manifest says: " +
                    std::to_string(output.dim()) + " dimensions, " +
                    std::to_string(output.dim() > 1 ? output.size(1) : 0) + " channels, not " +
                    std::to_string(expected));
  }
  const auto [alpha, sigma] = level;
  at::Tensor raw = output.to(x.scalar_type());
  Prediction prediction;
  if (learned_variance) {
    prediction.variance_fraction = raw.narrow(1, channels, channels).add(1.0).mul_(0.5);
    raw = raw.narrow(1, 0, channels);
  }
  switch (kind) {
    case PredictionKind::kEpsilon:
      if (alpha == 0.0) {
        throw Error(ErrorKind::kModel, "an epsilon prediction says nothing of x0 at zero SNR");
      }
      prediction.epsilon = raw;
      // Subtracts first: at the noisiest timesteps alpha is tiny and the two nearly cancel.
      prediction.x0 = at::sub(x, raw, sigma).div_(alpha);
      break;
    case PredictionKind::kV:
      prediction.x0 = combine(x, alpha, raw, -sigma);
      prediction.epsilon = combine(raw, alpha, x, sigma);
      break;
    case PredictionKind::kX0:
      prediction.x0 = raw;
      prediction.epsilon = at::sub(x, raw, alpha).div_(sigma);
      break;
  }
  return prediction;
}

void shift_by_score(Prediction& prediction, NoiseLevel level) {
  const auto [alpha, sigma] = level;
  prediction.epsilon = at::add(prediction.epsilon, prediction.score, -sigma);
  if (alpha > 0.0) {
    prediction.x0 = at::add(prediction.x0, prediction.score, sigma * sigma / alpha);
  }
  prediction.score.reset();
}

}  // namespace dalle2::diffusion
