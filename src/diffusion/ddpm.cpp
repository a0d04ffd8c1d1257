#include <cmath>

#include <ATen/ATen.h>

#include "base/error.h"
#include "diffusion/samplers.h"

/// Ancestral sampling (Ho et al. 2020, equations 6 and 7), with betas computed anew for the
/// timesteps that a run leaves out.
namespace dalle2::diffusion {
namespace {

struct Coefficients {
  double x0 = 0.0;  // posterior mean = x0 * prediction + x * current
  double x = 0.0;
  double log_min = 0.0;  // log variances; not used in the last step, which adds no noise
  double log_max = 0.0;
};

class Ddpm : public Sampler {
 public:
  Ddpm(const Schedule& schedule, VarianceKind variance) : Sampler(schedule), variance_(variance) {}

 protected:
  bool stochastic() const override { return true; }
  GuidanceForm guidance_form() const override { return GuidanceForm::kShiftMean; }

  void begin(const std::vector<std::int64_t>& timesteps) override {
    coefficients_.clear();
    for (std::size_t k = 0; k < timesteps.size(); ++k) {
      const double signal = schedule().alpha_bar(timesteps[k]);
      const double next =
          schedule().alpha_bar(k + 1 < timesteps.size() ? timesteps[k + 1] : kClean);
      const double alpha = signal / next;  // of the step, as if it were one of the schedule's
      const double beta = 1.0 - alpha;
      const double shrink = (1.0 - next) / (1.0 - signal);
      coefficients_.push_back({.x0 = std::sqrt(next) * beta / (1.0 - signal),
                               .x = std::sqrt(alpha) * shrink,
                               .log_min = std::log(shrink * beta),
                               .log_max = std::log(beta)});
    }
  }

  at::Tensor step(std::size_t k, const at::Tensor& x, const Prediction& prediction,
                  const at::Tensor& noise) override {
    const Coefficients& c = coefficients_[k];
    at::Tensor mean = at::mul(prediction.x0, c.x0).add_(x, c.x);
    if (!noise.defined()) return mean;

    if (variance_ == VarianceKind::kLearnedRange) {
      if (!prediction.variance_fraction.defined()) {
        throw Error(ErrorKind::kModel,
                    "sampling with learned variance, but the network does not predict one");
      }
      const at::Tensor deviation = prediction.variance_fraction.mul(0.5 * (c.log_max - c.log_min))
                                       .add_(0.5 * c.log_min)
                                       .exp_();
      if (prediction.score.defined()) mean.add_(deviation.square().mul_(prediction.score));
      return mean.addcmul_(deviation, noise);
    }
    const double log_variance = variance_ == VarianceKind::kFixedLarge ? c.log_max : c.log_min;
    if (prediction.score.defined()) mean.add_(prediction.score, std::exp(log_variance));
    return mean.add_(noise, std::exp(0.5 * log_variance));
  }

 private:
  VarianceKind variance_;
  std::vector<Coefficients> coefficients_;  // one a step
};

}  // namespace

std::unique_ptr<Sampler> make_ddpm(const Schedule& schedule, const SamplerOptions& options) {
  return std::make_unique<Ddpm>(schedule, options.variance);
}

}  // namespace dalle2::diffusion
