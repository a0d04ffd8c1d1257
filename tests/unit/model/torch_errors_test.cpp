#include "model/torch_errors.h"

#include <new>
#include <stdexcept>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/expect_error.h"

namespace dalle2::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(TorchErrors, FullMemoryIsRecognisedHoweverItIsThrown) {
  EXPECT_THROW(translating_torch_errors("x", [] { throw std::bad_alloc(); }), OutOfMemory);
  EXPECT_THROW(
      translating_torch_errors(
          "x", [] { TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory: 9"); }),
      OutOfMemory);
  EXPECT_THROW(translating_torch_errors(
                   "x", [] { TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory"); }),
               OutOfMemory);
  EXPECT_THROW(translating_torch_errors("x",
                                        [] {
                                          throw std::runtime_error(
                                              "The following operation failed in the TorchScript "
                                              "interpreter.\nRuntimeError: CUDA out of memory.");
                                        }),
               OutOfMemory);
}

TEST(TorchErrors, FullMemoryIsADeviceErrorWithAdvice) {
  expect_error(ErrorKind::kDevice, AllOf(HasSubstr("the prior: "), HasSubstr("--max-batch")),
               [] { throw OutOfMemory("the prior"); });
}

TEST(TorchErrors, OtherFaultsOfCudaAreDeviceErrors) {
  expect_error(ErrorKind::kDevice, HasSubstr("CUDA error: illegal"), [] {
    translating_torch_errors("x", [] { TORCH_CHECK(false, "CUDA error: illegal memory access"); });
  });
}

TEST(TorchErrors, MessagesLoseTracebacks) {
  expect_error(ErrorKind::kRuntime, ::testing::StrEq("adding: sizes differ"), [] {
    translating_torch_errors("adding", [] { TORCH_CHECK(false, "sizes differ"); });
  });
  expect_error(ErrorKind::kRuntime, ::testing::StrEq("adding: sizes differ"), [] {
    translating_torch_errors("adding", [] {
      throw std::runtime_error(
          "The following operation failed in the TorchScript interpreter.\n"
          "Traceback of TorchScript (most recent call last):\n  File \"x.py\"\n"
          "RuntimeError: sizes differ\n");
    });
  });
}

TEST(TorchErrors, OwnErrorsAndStrangersPassThrough) {
  expect_error(ErrorKind::kCancelled, ::testing::StrEq("stopped"), [] {
    translating_torch_errors("x", [] { throw Error(ErrorKind::kCancelled, "stopped"); });
  });
  EXPECT_THROW(translating_torch_errors("x", [] { throw std::out_of_range("i"); }),
               std::out_of_range);
  EXPECT_THROW(translating_torch_errors("x", [] { throw std::runtime_error("of a callback"); }),
               std::runtime_error);
}

TEST(TorchErrors, ResultsPassThrough) {
  EXPECT_EQ(translating_torch_errors("x", [] { return 7; }), 7);
}

}  // namespace
}  // namespace dalle2::model
