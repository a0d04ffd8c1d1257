#include <cmath>

#include <ATen/ATen.h>

#include "diffusion/samplers.h"

/// DPM-Solver++(2M), midpoint form (Lu et al. 2022, algorithm 2): linear multistep in x0 over
/// lambda = log(alpha / sigma).
namespace dalle2::diffusion {
namespace {

struct Coefficients {
  double x = 0.0;
  double x0 = 0.0;
  double previous_x0 = 0.0;  // 0 in steps of first order
};

double lambda(NoiseLevel level) { return std::log(level.alpha) - std::log(level.sigma); }

class Dpmpp2m : public Sampler {
 public:
  using Sampler::Sampler;

 protected:
  bool stochastic() const override { return false; }
  bool remembers() const override { return true; }

  void begin(const std::vector<std::int64_t>& timesteps) override {
    previous_x0_.reset();
    coefficients_.clear();
    for (std::size_t k = 0; k < timesteps.size(); ++k) {
      const bool is_last = k + 1 == timesteps.size();
      const NoiseLevel from = schedule().level(timesteps[k]);
      const NoiseLevel to = schedule().level(is_last ? kClean : timesteps[k + 1]);
      // exp(-h), written so that it is 0 from pure noise (lambda -inf) and to clean (lambda +inf).
      const double decay = (to.sigma / to.alpha) * (from.alpha / from.sigma);
      const double gain = to.alpha * (1.0 - decay);

      // First order in the first step for want of history, in the last one for stability (its h is
      // infinite). After a step from pure noise 1 / r is 0, which is first order again.
      double half_slope = 0.0;  // 1 / (2 r)
      if (k > 0 && !is_last) {
        const double h = lambda(to) - lambda(from);
        const double previous_h = lambda(from) - lambda(schedule().level(timesteps[k - 1]));
        half_slope = 0.5 * h / previous_h;
      }
      coefficients_.push_back({.x = to.sigma / from.sigma,
                               .x0 = gain * (1.0 + half_slope),
                               .previous_x0 = -gain * half_slope});
    }
  }

  at::Tensor step(std::size_t k, const at::Tensor& x, const Prediction& prediction,
                  const at::Tensor& /*noise*/) override {
    const Coefficients& c = coefficients_[k];
    at::Tensor next = at::mul(x, c.x).add_(prediction.x0, c.x0);
    if (c.previous_x0 != 0.0) next.add_(previous_x0_, c.previous_x0);
    previous_x0_ = prediction.x0;
    return next;
  }

 private:
  std::vector<Coefficients> coefficients_;  // one a step
  at::Tensor previous_x0_;
};

}  // namespace

std::unique_ptr<Sampler> make_dpmpp_2m(const Schedule& schedule, const SamplerOptions&) {
  return std::make_unique<Dpmpp2m>(schedule);
}

}  // namespace dalle2::diffusion
