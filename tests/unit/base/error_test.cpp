#include "base/error.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace dalle2 {
namespace {

TEST(Error, CarriesItsKindAndMessage) {
  const Error error(ErrorKind::kModel, "models/a/model.json: no such file");
  EXPECT_EQ(error.kind(), ErrorKind::kModel);
  EXPECT_STREQ(error.what(), "models/a/model.json: no such file");
}

TEST(RethrowWithContext, KeepsTheKindAndPrefixesTheMessage) {
  try {
    try {
      throw Error(ErrorKind::kOutput, "disk full");
    } catch (...) {
      rethrow_with_context("fox.png");
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kOutput);
    EXPECT_STREQ(error.what(), "fox.png: disk full");
  }
}

TEST(RethrowWithContext, TurnsOtherExceptionsIntoRuntimeErrors) {
  try {
    try {
      throw std::out_of_range("index");
    } catch (...) {
      rethrow_with_context("line 3");
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRuntime);
    EXPECT_STREQ(error.what(), "line 3: index");
  }
}

}  // namespace
}  // namespace dalle2
