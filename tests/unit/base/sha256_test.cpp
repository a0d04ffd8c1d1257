#include "base/sha256.h"

#include <fstream>

#include "unit/expect_error.h"
#include "unit/temporary_folder.h"

namespace dalle2 {
namespace {

// FIPS 180-4's examples.
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kMillion = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(sha256_hex("abc"), kAbc);
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), kMillion);
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  const std::string bytes(3'000'000, 'b');
  std::ofstream(folder.path() / "b") << bytes;
  EXPECT_EQ(sha256_hex_of_file(folder.path() / "b", ErrorKind::kModel), sha256_hex(bytes));
}

TEST(Sha256, OfAMissingFileOrFolderIsAnError) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::kModel, ::testing::HasSubstr("No such file"),
               [&] { sha256_hex_of_file(folder.path() / "none", ErrorKind::kModel); });
  expect_error(ErrorKind::kModel, ::testing::HasSubstr("Is a directory"),
               [&] { sha256_hex_of_file(folder.path(), ErrorKind::kModel); });
}

}  // namespace
}  // namespace dalle2
