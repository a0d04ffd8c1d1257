#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace dalle2::model {

/// Where and with which numbers networks compute.
struct Placement {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
};

/// "auto", "cpu", "cuda" or "cuda:N". Opens LibTorch's CUDA part if it is asked for, or with "auto"
/// if the driver is there; must therefore come before any other call into LibTorch. Throws
/// Error(kDevice) saying what is missing, Error(kUsage) for another name.
at::Device resolve_device(std::string_view name);

/// "auto", "float32", "bfloat16" or "float16". auto is bfloat16 on CPUs with instructions for it
/// (AVX-512-BF16, AMX), float32 on others, float16 on CUDA. Throws Error(kDevice) for float16 on
/// the CPU, where it is slow and incomplete; Error(kUsage) for another name.
at::ScalarType resolve_dtype(std::string_view name, at::Device device);

std::string_view dtype_name(at::ScalarType dtype);

/// "cpu", "cuda:0".
std::string device_name(at::Device device);

/// As many as there are cores if 0.
void set_threads(int threads);

/// For doctor.
struct CudaReport {
  bool driver = false;               // libcuda.so.1 loads
  bool libtorch = false;             // libtorch_cuda.so loads
  std::vector<std::string> devices;  // "NVIDIA H100 80GB HBM3 (79 GiB)"
  std::string problem;               // why CUDA cannot be used; empty if it can
};
CudaReport report_cuda();

/// Instruction sets that matter here: "avx2", "avx512_bf16", "amx_bf16", …
std::vector<std::string> cpu_features();

}  // namespace dalle2::model
