#include "model/device.h"

#include <array>
#include <charconv>
#include <optional>

#include <ATen/Parallel.h>
#include <ATen/cpu/Utils.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include "base/error.h"
#include "model/cuda_driver.h"

namespace dalle2::model {
namespace {

struct Dtype {
  std::string_view name;
  at::ScalarType type;
};
constexpr std::array<Dtype, 3> kDtypes = {
    {{"float32", at::kFloat}, {"bfloat16", at::kBFloat16}, {"float16", at::kHalf}}};

/// LibTorch registers its CUDA kernels when this library is loaded, which takes a quarter of a
/// second and therefore only happens where there is a GPU. Empty, or what the loader says.
std::string open_torch_cuda() {
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr) return {};
  const char* message = dlerror();
  return message != nullptr ? message : "unknown";
}

/// Empty if CUDA can be used from here on.
std::string start_cuda() {
  const CudaDriver driver = query_cuda_driver();
  if (!driver.problem.empty()) return driver.problem;
  const std::string fault = open_torch_cuda();
  if (!fault.empty()) {
    return "this LibTorch has no usable CUDA part (" + fault +
           "); scripts/setup --cuda installs it";
  }
  const auto& hooks = at::detail::getCUDAHooks();
  if (!hooks.hasCUDA() || hooks.getNumGPUs() == 0) {
    return "LibTorch does not get on with this GPU or its driver";
  }
  return {};
}

/// The N of "cuda:N", 0 for "cuda".
std::optional<int> cuda_index(std::string_view name) {
  constexpr std::string_view kCuda = "cuda";
  if (!name.starts_with(kCuda)) return std::nullopt;
  name.remove_prefix(kCuda.size());
  if (name.empty()) return 0;
  int index = 0;
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + 1, end, index);
  if (name.front() != ':' || error != std::errc() || rest != end || index < 0) return std::nullopt;
  return index;
}

bool cpu_has(const char* capability) {
  const auto capabilities = at::cpu::get_cpu_capabilities();
  const auto found = capabilities.find(capability);
  return found != capabilities.end() && found->second.isBool() && found->second.toBool();
}

}  // namespace

at::Device resolve_device(std::string_view name) {
  if (name == "cpu") return at::kCPU;
  if (name == "auto") return start_cuda().empty() ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  const std::optional<int> index = cuda_index(name);
  if (!index) {
    throw Error(ErrorKind::kUsage,
                "--device: unknown '" + std::string(name) + "'; known: auto, cpu, cuda, cuda:N");
  }
  if (const std::string problem = start_cuda(); !problem.empty()) {
    throw Error(ErrorKind::kDevice,
                "--device " + std::string(name) + ": " + problem + "; --device cpu always works");
  }
  if (const int count = at::detail::getCUDAHooks().getNumGPUs(); *index >= count) {
    throw Error(ErrorKind::kDevice,
                "--device " + std::string(name) + ": there " +
                    (count == 1 ? "is 1 GPU" : "are " + std::to_string(count) + " GPUs") +
                    ", counted from 0");
  }
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(*index));
}

at::ScalarType resolve_dtype(std::string_view name, at::Device device) {
  if (name == "auto") {
    if (device.is_cuda()) return at::kHalf;
    return cpu_has("avx512_bf16") || cpu_has("amx_bf16") ? at::kBFloat16 : at::kFloat;
  }
  for (const Dtype& row : kDtypes) {
    if (row.name != name) continue;
    if (row.type == at::kHalf && device.is_cpu()) {
      throw Error(ErrorKind::kDevice,
                  "--dtype float16: needs a GPU; on the CPU take bfloat16 or float32");
    }
    return row.type;
  }
  throw Error(ErrorKind::kUsage, "--dtype: unknown '" + std::string(name) +
                                     "'; known: auto, float32, bfloat16, float16");
}

std::string_view dtype_name(at::ScalarType dtype) {
  for (const Dtype& row : kDtypes) {
    if (row.type == dtype) return row.name;
  }
  return c10::toString(dtype);
}

std::string device_name(at::Device device) { return device.str(); }

void set_threads(int threads) {
  if (threads > 0) at::set_num_threads(threads);
}

CudaReport report_cuda() {
  CudaReport report;
  const CudaDriver driver = query_cuda_driver();
  report.driver = driver.found;
  report.devices = driver.devices;
  const std::string fault = open_torch_cuda();
  report.libtorch = fault.empty();
  report.problem = !driver.problem.empty() ? driver.problem : fault;
  return report;
}

std::vector<std::string> cpu_features() {
  std::vector<std::string> features;
  for (const char* name : {"avx2", "avx512_f", "avx512_bf16", "amx_tile", "amx_bf16", "amx_fp16"}) {
    if (cpu_has(name)) features.emplace_back(name);
  }
  return features;
}

}  // namespace dalle2::model
