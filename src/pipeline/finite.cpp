#include "pipeline/finite.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace dalle2::pipeline {

void require_finite(const at::Tensor& tensor, const std::string& stage) {
  if (at::isfinite(tensor).all().item<bool>()) return;
  throw Error(
      ErrorKind::kRuntime,
      "the " + stage + " gave values that are not numbers; try --dtype float32 or less guidance");
}

}  // namespace dalle2::pipeline
