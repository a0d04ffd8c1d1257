#include "cli/matmul_peak.h"

#include <algorithm>
#include <chrono>

#include <ATen/ATen.h>

namespace dalle2::cli {

double measure_matmul_peak(model::Placement placement) {
  // Large enough to fill the device, small enough to take a moment only.
  const std::int64_t side = placement.device.is_cuda() ? 8192 : 2048;
  constexpr int kRounds = 8;
  const auto options = at::TensorOptions().device(placement.device).dtype(placement.dtype);
  const at::Tensor a = at::full({side, side}, 0.01, options);
  const at::Tensor b = at::full({side, side}, 0.01, options);
  double fastest = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const at::Tensor c = a.matmul(b);
    c[0][0].item<float>();  // waits for the device
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    fastest = std::min(fastest, elapsed.count());
  }
  const auto n = static_cast<double>(side);
  return 2.0 * n * n * n / fastest;
}

}  // namespace dalle2::cli
