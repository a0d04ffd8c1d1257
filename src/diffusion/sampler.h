#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/clamp.h"
#include "diffusion/denoiser.h"
#include "diffusion/noise.h"
#include "diffusion/schedule.h"

namespace dalle2::diffusion {

/// After every step. `x` is where the step led, `x0` the guess of the end result at its start.
struct StepReport {
  int step = 0;  // 1-based
  int steps = 0;
  const at::Tensor& x;
  const at::Tensor& x0;
};

/// May throw to stop sampling.
using StepCallback = std::function<void(const StepReport&)>;

/// After every step: returns what to use instead of x, which is now at timestep t (kClean at the
/// end). For inpainting: put the known region, noised to t, back.
using Constraint = std::function<at::Tensor(const at::Tensor& x, std::int64_t t)>;

/// One run. Starting from a noised picture instead of noise is a run with fewer timesteps.
struct SamplingRun {
  std::vector<std::int64_t> timesteps;  // strictly descending; after the last one comes kClean
  Clamp clamp = {};
  StepCallback on_step = {};  // may be empty
  Constraint constrain = {};  // may be empty
  // Times that each step but the last is made, with x noised back to where it began in between
  // (RePaint: Lugmayr et al. 2022, section 4.2, with jumps of length 1), so that what a constraint
  // leaves free comes to fit what it does not.
  int resample = 1;
};

/// Turns x at timesteps.front() into a clean sample. Owns the loop; a sampler fills in one step.
class Sampler {
 public:
  explicit Sampler(Schedule schedule);
  virtual ~Sampler() = default;

  /// x is [B, ...], fp32 (kept so throughout), on any device; the result has its shape. All
  /// coefficients are computed before the first step and nothing in the loop waits for the device.
  /// Noise is drawn once a step but the last, if the sampler is stochastic, and once each time that
  /// a step is made again. No gradients are recorded. Not reentrant. Throws Error(kUsage) for
  /// timesteps that do not descend or are out of range, a bad clamp, resample below 1, or above it
  /// for a sampler that remembers earlier steps, and whatever denoiser and callbacks throw.
  at::Tensor sample(Denoiser& denoiser, at::Tensor x, const SamplingRun& run, NoiseSource& noise);

 protected:
  /// How this sampler takes classifier guidance; see shift_by_score().
  enum class GuidanceForm { kShiftNoise, kShiftMean };

  const Schedule& schedule() const { return schedule_; }

  virtual bool stochastic() const = 0;

  /// Whether a step uses what the one before it saw, so that it cannot be made again.
  virtual bool remembers() const { return false; }

  /// With kShiftMean, step() itself has to use Prediction::score.
  virtual GuidanceForm guidance_form() const { return GuidanceForm::kShiftNoise; }

  /// Before the first step: computes coefficients, forgets earlier runs.
  virtual void begin(const std::vector<std::int64_t>& timesteps) = 0;

  /// From timesteps[k] to timesteps[k + 1], or to kClean. `noise` is undefined in the last step and
  /// for samplers that are not stochastic.
  virtual at::Tensor step(std::size_t k, const at::Tensor& x, const Prediction& prediction,
                          const at::Tensor& noise) = 0;

 private:
  Schedule schedule_;
};

/// Throws Error(kUsage) unless timesteps are strictly descending and in [0, num_timesteps).
void check_timesteps(const std::vector<std::int64_t>& timesteps, std::int64_t num_timesteps);

}  // namespace dalle2::diffusion
