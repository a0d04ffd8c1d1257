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

/// aten::convolution(input, weight, bias, stride, padding, dilation, transposed, …): each output is
/// a sum over one output channel's weights, each input of a transposed one feeds one.
double convolution(Values inputs) {
  const at::Tensor& input = inputs[0].toTensor();
  const at::Tensor& weight = inputs[1].toTensor();
  const double weights = static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
  if (inputs[6].toBool()) return 2.0 * static_cast<double>(input.numel()) * weights;
  double outputs = static_cast<double>(input.size(0) * weight.size(0));
  // Lists of one number hold for all dimensions.
  const auto setting = [&](std::size_t input_number, std::size_t i) {
    const auto values = inputs[input_number].toIntVector();
    return values[values.size() == 1 ? 0 : i];
  };
  for (std::size_t i = 0; i + 2 < static_cast<std::size_t>(weight.dim()); ++i) {
    const auto dimension = static_cast<std::int64_t>(i) + 2;
    const std::int64_t reach = setting(5, i) * (weight.size(dimension) - 1) + 1;
    const std::int64_t padded = input.size(dimension) + 2 * setting(4, i);
    outputs *= static_cast<double>((padded - reach) / setting(3, i) + 1);
  }
  return 2.0 * outputs * weights;
}

/// As much as the forward pass for each gradient that is wanted (of input and weight).
double convolution_backward(Values inputs) {
  const std::vector<bool> wanted = inputs.back().toBoolList().vec();
  const double gradients = static_cast<double>(wanted[0]) + static_cast<double>(wanted[1]);
  return gradients * 2.0 * numel(inputs[0]) * numel(inputs[2]) / size(inputs[2], 0);
}

/// [..., M, K] times [..., K, N]; the factors are inputs number `left` and `left` + 1.
template <std::size_t left>
double product(Values inputs) {
  return 2.0 * numel(inputs[left]) * size(inputs[left + 1], -1);
}

/// Queries [..., L, D] with keys [..., S, D], then weights with values.
double attention(Values inputs) { return 4.0 * numel(inputs[0]) * size(inputs[1], -2); }

struct CountedOperation {
  std::string_view name;
  double (*count)(Values inputs);
};

/// What linear, matmul, conv2d and their like end in. Counted by inputs alone: outputs are not
/// shown alike for calls from C++ and from TorchScript.
constexpr CountedOperation kOperations[] = {
    {"aten::convolution", convolution},
    {"aten::convolution_backward", convolution_backward},
    {"aten::mm", product<0>},
    {"aten::bmm", product<0>},
    {"aten::addmm", product<1>},
    {"aten::baddbmm", product<1>},
    {"aten::scaled_dot_product_attention", attention},
};

std::atomic<double> counted = 0.0;

/// Attention may call products; only the outermost counts.
thread_local int depth = 0;

struct Running : at::ObserverContext {};

std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& function) {
  const auto row =
      std::ranges::find(kOperations, std::string_view(function.name()), &CountedOperation::name);
  if (row == std::end(kOperations)) return nullptr;
  if (depth++ == 0) counted += row->count(function.inputs());
  return std::make_unique<Running>();
}

void on_end(const at::RecordFunction&, at::ObserverContext* context) {
  if (context != nullptr) --depth;
}

}  // namespace

FlopCounter::FlopCounter()
    : handle_(at::addGlobalCallback(at::RecordFunctionCallback(on_start, on_end)
                                        .needsInputs(true)
                                        .scopes({at::RecordScope::FUNCTION}))) {
  counted = 0.0;
}

FlopCounter::~FlopCounter() { at::removeCallback(handle_); }

double FlopCounter::take() { return counted.exchange(0.0); }

}  // namespace dalle2::cli
