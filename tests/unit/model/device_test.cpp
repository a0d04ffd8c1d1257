#include "model/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/expect_error.h"

namespace dalle2::model {
namespace {

using ::testing::HasSubstr;

TEST(Device, CpuIsAlwaysThere) { EXPECT_TRUE(resolve_device("cpu").is_cpu()); }

TEST(Device, UnknownNamesAreUsageErrors) {
  for (const char* name : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda1"}) {
    expect_error(ErrorKind::kUsage, HasSubstr("known: auto, cpu, cuda, cuda:N"),
                 [&] { resolve_device(name); });
  }
}

TEST(Device, AutoAndReportAgree) {
  const CudaReport report = report_cuda();
  EXPECT_EQ(resolve_device("auto").is_cuda(), report.problem.empty());
}

TEST(Device, CudaThatIsMissingSaysWhyAndWhatToDo) {
  const CudaReport report = report_cuda();
  if (report.problem.empty()) GTEST_SKIP() << "there is a GPU here";
  expect_error(ErrorKind::kDevice, AllOf(HasSubstr("--device cuda:3: "), HasSubstr("--device cpu")),
               [] { resolve_device("cuda:3"); });
}

TEST(Dtype, NamesAreThoseOfTheOption) {
  EXPECT_EQ(resolve_dtype("float32", at::kCPU), at::kFloat);
  EXPECT_EQ(resolve_dtype("bfloat16", at::kCPU), at::kBFloat16);
  EXPECT_EQ(resolve_dtype("float16", at::kCUDA), at::kHalf);
  EXPECT_EQ(dtype_name(at::kBFloat16), "bfloat16");
  expect_error(ErrorKind::kUsage, HasSubstr("known: auto, float32, bfloat16, float16"),
               [] { resolve_dtype("int8", at::kCPU); });
}

TEST(Dtype, Float16IsForGpusOnly) {
  expect_error(ErrorKind::kDevice, HasSubstr("needs a GPU"),
               [] { resolve_dtype("float16", at::kCPU); });
}

TEST(Dtype, AutoFollowsTheProcessor) {
  const std::vector<std::string> features = cpu_features();
  const bool has_bf16 =
      std::find(features.begin(), features.end(), "avx512_bf16") != features.end() ||
      std::find(features.begin(), features.end(), "amx_bf16") != features.end();
  EXPECT_EQ(resolve_dtype("auto", at::kCPU), has_bf16 ? at::kBFloat16 : at::kFloat);
  EXPECT_EQ(resolve_dtype("auto", at::kCUDA), at::kHalf);
}

}  // namespace
}  // namespace dalle2::model
