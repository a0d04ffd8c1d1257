#include "model/network.h"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <caffe2/serialize/read_adapter_interface.h>
#include <torch/csrc/jit/runtime/profiling_graph_executor_impl.h>
#include <torch/script.h>

#include "model/torch_errors.h"

namespace dalle2::model {
namespace {

/// Lets LibTorch read the bytes whose hash was checked, without another copy.
class Bytes : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}

  std::size_t size() const override { return bytes_.size(); }

  std::size_t read(std::uint64_t position, void* buffer, std::size_t count,
                   const char* /*what*/) const override {
    if (position >= bytes_.size()) return 0;
    count = std::min<std::size_t>(count, bytes_.size() - position);
    std::memcpy(buffer, bytes_.data() + position, count);
    return count;
  }

 private:
  std::string bytes_;
};

std::string to_string(at::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

std::vector<at::Tensor> tensors_of(const c10::IValue& value) {
  if (value.isTensor()) return {value.toTensor()};
  std::vector<at::Tensor> tensors;
  if (value.isTuple()) {
    for (const c10::IValue& element : value.toTupleRef().elements()) {
      if (element.isTensor()) tensors.push_back(element.toTensor());
    }
  }
  return tensors;
}

}  // namespace

struct Network::Module {
  torch::jit::Module script;
};

Network::Network(const ModelPackage& package, const std::string& path, const std::string& file,
                 Placement placement, NetworkTraits traits)
    : path_(path), placement_(placement), traits_(traits), module_(std::make_unique<Module>()) {
  // The profiling executor records the first call and compiles at the second: 0.2 s more for the
  // decoder before steps are quick, and no quicker then. Freezing and optimize_for_inference cost
  // 85 ms a load and gain nothing for one picture, 7 % for sixteen.
  torch::jit::getProfilingMode() = false;
  std::string bytes = package.read(file);
  const std::string doing = (package.folder() / file).string();
  try {
    c10::NoGradGuard no_grad;
    torch::jit::ExtraFilesMap no_extra_files;
    module_->script = torch::jit::load(std::make_shared<Bytes>(std::move(bytes)), at::kCPU,
                                       no_extra_files, /*load_debug_files=*/false);
    module_->script.eval();
    for (at::Tensor tensor : module_->script.parameters()) place(tensor);
    for (at::Tensor tensor : module_->script.buffers()) place(tensor);
  } catch (...) {
    rethrow_torch_error("cannot load " + doing, ErrorKind::kModel);
  }
}

Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

void Network::place(at::Tensor& tensor) const {
  tensor.set_requires_grad(false);
  tensor.set_data(converted(tensor));
}

at::Tensor Network::converted(const at::Tensor& tensor) const {
  at::TensorOptions options = at::TensorOptions().device(placement_.device);
  if (tensor.is_floating_point()) options = options.dtype(placement_.dtype);
  const bool reorder = traits_.channels_last && tensor.dim() == 4;
  return tensor.to(options, /*non_blocking=*/false, /*copy=*/false,
                   reorder ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Preserve);
}

std::vector<at::Tensor> Network::forward(std::vector<c10::IValue> inputs,
                                         const std::vector<std::vector<std::int64_t>>& expected) {
  const c10::AutoGradMode gradients(traits_.differentiable && c10::GradMode::is_enabled());
  std::vector<at::Tensor> outputs;
  try {
    for (c10::IValue& input : inputs) input = converted(input.toTensor());
    outputs = tensors_of(module_->script.forward(std::move(inputs)));
    for (at::Tensor& output : outputs) output = output.to(at::kFloat).contiguous();
  } catch (...) {
    rethrow_torch_error(path_, ErrorKind::kModel);
  }
  if (outputs.size() != expected.size()) {
    throw Error(ErrorKind::kModel, path_ + ": gives " + std::to_string(outputs.size()) +
                                       " tensors instead of " + std::to_string(expected.size()));
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].sizes() == at::IntArrayRef(expected[i])) continue;
    throw Error(ErrorKind::kModel, path_ + ": gives a tensor of shape " +
                                       to_string(outputs[i].sizes()) +
                                       " where model.json promises " + to_string(expected[i]));
  }
  return outputs;
}

}  // namespace dalle2::model
