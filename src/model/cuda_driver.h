#pragma once

#include <string>
#include <vector>

namespace dalle2::model {

/// What NVIDIA's driver says, without LibTorch.
struct CudaDriver {
  bool found = false;                // libcuda.so.1 loads
  std::vector<std::string> devices;  // "NVIDIA H100 80GB HBM3 (79 GiB)"
  std::string problem;               // why there is no GPU to use; empty if there is one
};

/// Quick where there is no driver.
CudaDriver query_cuda_driver();

}  // namespace dalle2::model
