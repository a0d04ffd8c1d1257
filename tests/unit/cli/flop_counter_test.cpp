#include "cli/flop_counter.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/api/module.h>

namespace dalle2::cli {
namespace {

TEST(FlopCounter, CountsProductsOnceHoweverTheyAreCalled) {
  const at::Tensor a = at::ones({3, 5});
  const at::Tensor b = at::ones({5, 7});
  FlopCounter counter;
  a.mm(b);
  EXPECT_EQ(counter.take(), 2.0 * 3 * 5 * 7);
  a.matmul(b);
  EXPECT_EQ(counter.take(), 2.0 * 3 * 5 * 7);
  at::linear(a, b.t());
  EXPECT_EQ(counter.take(), 2.0 * 3 * 5 * 7);
  at::bmm(a.expand({4, 3, 5}), b.expand({4, 5, 7}));
  EXPECT_EQ(counter.take(), 4 * 2.0 * 3 * 5 * 7);
}

TEST(FlopCounter, CountsConvolutionsWithStrideAndGroups) {
  FlopCounter counter;
  at::conv2d(at::ones({2, 4, 8, 8}), at::ones({6, 4, 3, 3}), {}, 1, 1);
  EXPECT_EQ(counter.take(), 2.0 * (2 * 6 * 8 * 8) * (4 * 3 * 3));
  at::conv2d(at::ones({2, 4, 8, 8}), at::ones({6, 2, 3, 3}), {}, 2, 1, 1, 2);
  EXPECT_EQ(counter.take(), 2.0 * (2 * 6 * 4 * 4) * (2 * 3 * 3));
}

TEST(FlopCounter, CountsTheGradientOfAConvolutionByItsInput) {
  const at::Tensor x = at::ones({1, 4, 8, 8}).requires_grad_();
  FlopCounter counter;
  const at::Tensor y = at::conv2d(x, at::ones({6, 4, 3, 3}), {}, 1, 1).sum();
  const double forward = counter.take();
  torch::autograd::grad({y}, {x});
  EXPECT_EQ(counter.take(), forward);
}

TEST(FlopCounter, CountsTheSameFromTorchScript) {
  torch::jit::Module module("m");
  module.define("def forward(self, x, y):\n  return x + torch.mm(x, y) + torch.mm(y, x)\n");
  const at::Tensor square = at::ones({5, 5});
  FlopCounter counter;
  module.forward({square, square});
  EXPECT_EQ(counter.take(), 2 * 2.0 * 5 * 5 * 5);
  // More on the interpreter's stack than the factors.
  torch::jit::Module wide("w");
  wide.define("def forward(self, x, y):\n  return torch.cat([y, torch.mm(x, y[:, :2])], 1)\n");
  wide.forward({square, at::ones({5, 1000})});
  EXPECT_EQ(counter.take(), 2.0 * 5 * 5 * 2);
}

TEST(FlopCounter, CountsAttention) {
  const at::Tensor q = at::ones({1, 2, 5, 8});
  const at::Tensor k = at::ones({1, 2, 7, 8});
  FlopCounter counter;
  at::scaled_dot_product_attention(q, k, k);
  EXPECT_EQ(counter.take(), 2.0 * 2 * (2 * 5 * 7 * 8));
}

}  // namespace
}  // namespace dalle2::cli
