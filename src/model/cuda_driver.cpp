#include "model/cuda_driver.h"

#include <array>
#include <cstddef>

#include <dlfcn.h>

namespace dalle2::model {
namespace {

// The few functions of the driver's stable C interface that are needed; 0 is success.
struct DriverApi {
  int (*init)(unsigned flags) = nullptr;
  int (*device_count)(int* count) = nullptr;
  int (*device_name)(char* name, int length, int device) = nullptr;
  int (*total_memory)(std::size_t* bytes, int device) = nullptr;

  bool complete() const {
    return init != nullptr && device_count != nullptr && device_name != nullptr &&
           total_memory != nullptr;
  }
};

template <typename Function>
void bind(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
}

}  // namespace

CudaDriver query_cuda_driver() {
  CudaDriver driver;
  void* library = dlopen("libcuda.so.1", RTLD_NOW);
  if (library == nullptr) {
    driver.problem = "no NVIDIA driver is installed (libcuda.so.1)";
    return driver;
  }
  driver.found = true;
  DriverApi api;
  bind(library, "cuInit", api.init);
  bind(library, "cuDeviceGetCount", api.device_count);
  bind(library, "cuDeviceGetName", api.device_name);
  bind(library, "cuDeviceTotalMem_v2", api.total_memory);
  int count = 0;
  if (!api.complete() || api.init(0) != 0 || api.device_count(&count) != 0 || count == 0) {
    driver.problem = "the NVIDIA driver finds no GPU";
    return driver;
  }
  for (int device = 0; device < count; ++device) {
    std::array<char, 256> name{};
    std::size_t bytes = 0;
    api.device_name(name.data(), static_cast<int>(name.size()) - 1, device);
    api.total_memory(&bytes, device);
    driver.devices.push_back(std::string(name.data()) + " (" + std::to_string(bytes >> 30) +
                             " GiB)");
  }
  return driver;
}

}  // namespace dalle2::model
