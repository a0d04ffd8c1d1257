#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace dalle2 {

/// Compares evenly spread values of a tensor with those that scripts/golden/thinned.py kept.
inline void expect_near(const at::Tensor& actual, const Json& expected, double tolerance,
                        const std::string& what = "") {
  const at::Tensor flat = actual.reshape({-1});
  const at::Tensor index = at::linspace(0, static_cast<double>(flat.numel() - 1),
                                        static_cast<std::int64_t>(expected.size()), at::kDouble)
                               .round()
                               .to(at::kLong);
  const at::Tensor wanted = at::tensor(expected.get<std::vector<double>>(), at::kDouble);
  const double difference =
      (flat.index_select(0, index).to(at::kDouble) - wanted).abs().max().item<double>();
  EXPECT_LT(difference, tolerance) << what;
}

}  // namespace dalle2
