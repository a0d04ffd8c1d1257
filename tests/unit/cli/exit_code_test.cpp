#include "cli/exit_code.h"

#include <set>

#include <gtest/gtest.h>

namespace dalle2::cli {
namespace {

TEST(ExitCode, OfEveryKindIsItsOwn) {
  EXPECT_EQ(exit_code(ErrorKind::kRuntime), 1);
  EXPECT_EQ(exit_code(ErrorKind::kUsage), 2);
  EXPECT_EQ(exit_code(ErrorKind::kModel), 3);
  EXPECT_EQ(exit_code(ErrorKind::kDevice), 4);
  EXPECT_EQ(exit_code(ErrorKind::kOutput), 5);
  EXPECT_EQ(exit_code(ErrorKind::kPartial), 6);
}

TEST(ExitCode, TableIsInTheDocument) {
  const std::string markdown = exit_codes_markdown();
  for (const ExitCode& row : exit_codes()) {
    EXPECT_NE(markdown.find("| " + std::to_string(row.code) + " | " + std::string(row.meaning)),
              std::string::npos);
  }
}

}  // namespace
}  // namespace dalle2::cli
