#pragma once

#include <string>

#include <ATen/core/Tensor.h>

namespace dalle2::pipeline {

/// Throws Error(kRuntime) if a value is NaN or infinite, naming the stage. Waits for the device, so
/// call it once a stage.
void require_finite(const at::Tensor& tensor, const std::string& stage);

}  // namespace dalle2::pipeline
