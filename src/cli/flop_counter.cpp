// LibTorch is built with NDEBUG, and at::RecordFunction has another layout without it.
#ifndef NDEBUG
#define NDEBUG
#endif

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

/// What an operation costs: LibTorch shows its inputs when it starts and its outputs when it ends.
struct Cost {
  double fixed = 0.0;
  double per_output = 0.0;  // for each number in the first output
};

/// Each output is a sum over one output channel's weights.
Cost convolution(Values inputs) {
  return {.per_output = 2.0 * numel(inputs[1]) / size(inputs[1], 0)};
}

/// As much as the forward pass for each gradient that is wanted (of input and weight).
Cost convolution_backward(Values inputs) {
  const std::vector<bool> wanted = inputs.back().toBoolList().vec();
  const double gradients = static_cast<double>(wanted[0]) + static_cast<double>(wanted[1]);
  return {.fixed = gradients * 2.0 * numel(inputs[0]) * numel(inputs[2]) / size(inputs[2], 0)};
}

/// Each output is a sum over the last dimension of the left factor, input number `left`.
template <std::size_t left>
Cost product(Values inputs) {
  return {.per_output = 2.0 * size(inputs[left], -1)};
}

/// Queries [..., L, D] with keys [..., S, D], then weights with values.
Cost attention(Values inputs) { return {.fixed = 4.0 * numel(inputs[0]) * size(inputs[1], -2)}; }

struct CountedOperation {
  std::string_view name;
  Cost (*cost)(Values inputs);
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
  Cost cost;
};

std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& function) {
  const auto row =
      std::ranges::find(kOperations, std::string_view(function.name()), &CountedOperation::name);
  if (row == std::end(kOperations)) return nullptr;
  auto running = std::make_unique<Running>();
  if (depth == 0) running->cost = row->cost(function.inputs());
  ++depth;
  return running;
}

void on_end(const at::RecordFunction& function, at::ObserverContext* context) {
  if (context == nullptr) return;
  --depth;
  const Cost& cost = static_cast<Running*>(context)->cost;
  const auto& outputs = function.outputs();
  counted += cost.fixed;
  if (cost.per_output > 0.0 && !outputs.empty()) counted += cost.per_output * numel(outputs[0]);
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
