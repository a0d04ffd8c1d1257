#include <algorithm>
#include <cmath>
#include <string>

#include <ATen/ATen.h>

#include "base/error.h"
#include "diffusion/samplers.h"

/// DDIM (Song et al. 2021, equations 12 and 16).
namespace dalle2::diffusion {
namespace {

struct Coefficients {
  double x0 = 0.0;
  double epsilon = 0.0;
  double noise = 0.0;
};

class Ddim : public Sampler {
 public:
  Ddim(const Schedule& schedule, double eta) : Sampler(schedule), eta_(eta) {
    if (!(eta >= 0.0 && eta <= 1.0)) {
      throw Error(ErrorKind::kUsage, "eta is " + std::to_string(eta) + "; it lies in [0, 1]");
    }
  }

 protected:
  bool stochastic() const override { return eta_ > 0.0; }

  void begin(const std::vector<std::int64_t>& timesteps) override {
    coefficients_.clear();
    for (std::size_t k = 0; k < timesteps.size(); ++k) {
      const double signal = schedule().alpha_bar(timesteps[k]);
      const double next =
          schedule().alpha_bar(k + 1 < timesteps.size() ? timesteps[k + 1] : kClean);
      const double variance = eta_ * eta_ * (1.0 - next) / (1.0 - signal) * (1.0 - signal / next);
      coefficients_.push_back({.x0 = std::sqrt(next),
                               .epsilon = std::sqrt(std::max(1.0 - next - variance, 0.0)),
                               .noise = std::sqrt(variance)});
    }
  }

  at::Tensor step(std::size_t k, const at::Tensor& /*x*/, const Prediction& prediction,
                  const at::Tensor& noise) override {
    const Coefficients& c = coefficients_[k];
    at::Tensor next = at::mul(prediction.x0, c.x0).add_(prediction.epsilon, c.epsilon);
    if (noise.defined()) next.add_(noise, c.noise);
    return next;
  }

 private:
  double eta_;
  std::vector<Coefficients> coefficients_;  // one a step
};

}  // namespace

std::unique_ptr<Sampler> make_ddim(const Schedule& schedule, const SamplerOptions& options) {
  return std::make_unique<Ddim>(schedule, options.eta);
}

}  // namespace dalle2::diffusion
