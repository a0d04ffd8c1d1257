#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include "model/device.h"
#include "model/package.h"

namespace dalle2::model {

/// How a network is prepared when it is loaded.
struct NetworkTraits {
  bool channels_last = false;   // has convolutions
  bool differentiable = false;  // gradients flow through it to its inputs
};

/// A TorchScript module of a package, ready to be called. networks.h gives each its types.
class Network {
 public:
  /// `path` is its place in the manifest, such as "networks.prior", for messages. Throws
  /// Error(kModel) if the file is not what the manifest says or not TorchScript, OutOfMemory.
  Network(const ModelPackage& package, const std::string& path, const std::string& file,
          Placement placement, NetworkTraits traits);
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;

  const Placement& placement() const { return placement_; }

  /// Floating inputs are cast to the placement's dtype, outputs to fp32; no gradients unless
  /// differentiable. `expected` are the shapes of the outputs; throws Error(kModel) if others come.
  std::vector<at::Tensor> forward(std::vector<c10::IValue> inputs,
                                  const std::vector<std::vector<std::int64_t>>& expected);

 private:
  struct Module;

  at::Tensor converted(const at::Tensor& tensor) const;
  void place(at::Tensor& tensor) const;

  std::string path_;
  Placement placement_;
  NetworkTraits traits_;
  std::unique_ptr<Module> module_;
};

}  // namespace dalle2::model
