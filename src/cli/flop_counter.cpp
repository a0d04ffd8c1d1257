#include "cli/flop_counter.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

namespace dalle2::cli {
namespace {

using Values = c10::ArrayRef<const c10::IValue>;

double numel(const c10::IValue& value) { return static_cast<double>(value.toTensor().numel()); }

double size(const c10::IValue& value, std::int64_t dimension) {
  return static_cast<double>(value.toTensor().size(dimension));
}

/// Each output is a sum over one output channel's weights.
double convolution(Values inputs, Values outputs) {
  return 2.0 * numel(outputs[0]) * numel(inputs[1]) / size(inputs[1], 0);
}

/// As much as the forward pass for each gradient that is wanted (of input and weight).
double convolution_backward(Values inputs, Values) {
  const std::vector<bool> wanted = inputs.back().toBoolList().vec();
  const double gradients = static_cast<double>(wanted[0]) + static_cast<double>(wanted[1]);
  return gradients * 2.0 * numel(inputs[0]) * numel(inputs[2]) / size(inputs[2], 0);
}

/// Each output is a sum over the last dimension of the left factor, input number `left`.
template <std::size_t left>
double product(Values inputs, Values outputs) {
  return 2.0 * numel(outputs[0]) * size(inputs[left], -1);
}

/// Queries [..., L, D] with keys [..., S, D], then weights with values.
double attention(Values inputs, Values) { return 4.0 * numel(inputs[0]) * size(inputs[1], -2); }

struct CountedOperation {
  std::string_view name;
  double (*count)(Values inputs, Values outputs);
};

constexpr CountedOperation kOperations[] = {
    {"aten::conv1d", convolution},
    {"aten::conv2d", convolution},
    {"aten::convolution", convolution},
    {"aten::_convolution", convolution},
    {"aten::mkldnn_convolution", convolution},
    {"aten::convolution_backward", convolution_backward},
    {"aten::linear", product<0>},
    {"aten::mm", product<0>},
    {"aten::bmm", product<0>},
    {"aten::matmul", product<0>},
    {"aten::addmm", product<1>},
    {"aten::baddbmm", product<1>},
    {"aten::scaled_dot_product_attention", attention},
};

std::atomic<double> counted = 0.0;

/// Operations call others in the table; only the outermost counts.
thread_local int depth = 0;

struct Running : at::ObserverContext {
  explicit Running(const CountedOperation* operation) : operation(operation) {}
  const CountedOperation* operation;
};

std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& function) {
  const auto row =
      std::ranges::find(kOperations, std::string_view(function.name()), &CountedOperation::name);
  if (row == std::end(kOperations)) return nullptr;
  ++depth;
  return std::make_unique<Running>(row);
}

void on_end(const at::RecordFunction& function, at::ObserverContext* context) {
  if (context == nullptr || --depth > 0) return;
  const auto outputs = function.outputs();
  counted += static_cast<Running*>(context)->operation->count(
      function.inputs(), Values(outputs.data(), outputs.size()));
}

}  // namespace

FlopCounter::FlopCounter()
    : handle_(at::addGlobalCallback(at::RecordFunctionCallback(on_start, on_end)
                                        .needsInputs(true)
                                        .needsOutputs(true)
                                        .scopes({at::RecordScope::FUNCTION}))) {
  counted = 0.0;
}

FlopCounter::~FlopCounter() { at::removeCallback(handle_); }

double FlopCounter::take() { return counted.exchange(0.0); }

}  // namespace dalle2::cli
