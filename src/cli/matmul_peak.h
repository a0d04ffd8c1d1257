#pragma once

#include "model/device.h"

namespace dalle2::cli {

/// Operations per second of the fastest of several products of large square matrices: what the
/// networks could reach at most with this LibTorch on this device.
double measure_matmul_peak(model::Placement placement);

}  // namespace dalle2::cli
