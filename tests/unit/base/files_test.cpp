#include "base/files.h"

#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/expect_error.h"
#include "unit/temporary_folder.h"

namespace dalle2 {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Files : public ::testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_.path() / name; }

  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(at(name), std::ios::binary) << bytes;
  }

  std::string content(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream(at(name), std::ios::binary).rdbuf();
    return out.str();
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      found.push_back(entry.path().filename().string());
    }
    return found;
  }

  TemporaryFolder folder_;
};

TEST_F(Files, AreReadWithAllTheirBytes) {
  std::string bytes(3'000'000, 'x');
  bytes[1] = '\0';
  bytes.back() = '\xFF';
  put("a", bytes);
  EXPECT_EQ(read_file(at("a"), ErrorKind::kModel), bytes);
}

TEST_F(Files, OfExactlyTheLimitAreReadAndLargerOnesRefused) {
  put("a", "12345");
  EXPECT_EQ(read_file(at("a"), ErrorKind::kUsage, 5), "12345");
  expect_error(ErrorKind::kUsage, HasSubstr("larger than 4 bytes"),
               [&] { read_file(at("a"), ErrorKind::kUsage, 4); });
}

TEST_F(Files, ReadingAPipeStopsAtTheLimit) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(at("pipe")) << "a long text"; });
  expect_error(ErrorKind::kUsage, HasSubstr("larger than 3 bytes"),
               [&] { read_file(at("pipe"), ErrorKind::kUsage, 3); });
  writer.join();
}

TEST_F(Files, ThatAreMissingAreAnErrorOfTheKindAskedFor) {
  expect_error(ErrorKind::kModel, HasSubstr("none: No such file"),
               [&] { read_file(at("none"), ErrorKind::kModel); });
}

TEST_F(Files, ThatAreFoldersCannotBeRead) {
  expect_error(ErrorKind::kModel, HasSubstr("Is a directory"),
               [&] { read_file(folder_.path(), ErrorKind::kModel); });
}

TEST_F(Files, TextLosesItsByteOrderMark) {
  put("a", "\xEF\xBB\xBFhello");
  EXPECT_EQ(read_text(at("a"), 100), "hello");
}

TEST_F(Files, TextThatIsNotUtf8NamesTheLine) {
  put("a", "one\ntwo\n\xE9t\xE9\n");
  expect_error(ErrorKind::kUsage, HasSubstr("a:3: is not UTF-8"), [&] { read_text(at("a"), 100); });
}

TEST_F(Files, AreWrittenWithAllTheirBytesAndNothingIsLeftBeside) {
  const std::string bytes("a\0b", 3);
  EXPECT_EQ(write_file(at("new"), bytes, IfExists::kError), at("new"));
  EXPECT_EQ(content("new"), bytes);
  EXPECT_THAT(names(), ::testing::ElementsAre("new"));
}

TEST_F(Files, GetThePermissionsThatTheUmaskAllows) {
  const mode_t before = ::umask(027);
  write_file(at("new"), "x", IfExists::kError);
  ::umask(before);
  struct stat status = {};
  ASSERT_EQ(::stat(at("new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
}

TEST_F(Files, ThatExistAreLeftAloneByDefault) {
  put("a", "old");
  expect_error(ErrorKind::kOutput, HasSubstr("a: exists already"),
               [&] { write_file(at("a"), "new", IfExists::kError); });
  EXPECT_EQ(content("a"), "old");
  EXPECT_THAT(names(), ::testing::ElementsAre("a"));
}

TEST_F(Files, ThatExistCanBeSkipped) {
  put("a", "old");
  EXPECT_EQ(write_file(at("a"), "new", IfExists::kSkip), std::nullopt);
  EXPECT_EQ(content("a"), "old");
}

TEST_F(Files, GetTheFirstFreeNumberWhenRenamed) {
  put("fox.png", "old");
  put("fox-1.png", "old");
  EXPECT_EQ(write_file(at("fox.png"), "new", IfExists::kRename), at("fox-2.png"));
  EXPECT_EQ(content("fox-2.png"), "new");
  EXPECT_EQ(content("fox.png"), "old");
}

TEST_F(Files, ThatExistCanBeReplaced) {
  put("a", "old");
  EXPECT_EQ(write_file(at("a"), "new", IfExists::kOverwrite), at("a"));
  EXPECT_EQ(content("a"), "new");
  EXPECT_THAT(names(), ::testing::ElementsAre("a"));
}

TEST_F(Files, ReplacingFollowsASymbolicLink) {
  put("real", "old");
  fs::create_symlink("real", at("link"));
  write_file(at("link"), "new", IfExists::kOverwrite);
  EXPECT_TRUE(fs::is_symlink(at("link")));
  EXPECT_EQ(content("real"), "new");
}

TEST_F(Files, ADanglingLinkCountsAsExisting) {
  fs::create_symlink("nowhere", at("link"));
  expect_error(ErrorKind::kOutput, HasSubstr("exists already"),
               [&] { write_file(at("link"), "new", IfExists::kError); });
}

TEST_F(Files, ReplacingRefusesWhatIsNotAFile) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  expect_error(ErrorKind::kOutput, HasSubstr("is not a file"),
               [&] { write_file(at("pipe"), "new", IfExists::kOverwrite); });
  EXPECT_TRUE(fs::is_fifo(at("pipe")));
}

TEST_F(Files, WritersOfOneNameNeverReplaceEachOther) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&, i] { write_file(at("a"), std::to_string(i), IfExists::kRename); });
  }
  for (std::thread& writer : writers) writer.join();
  std::vector<std::string> contents;
  for (const std::string& name : names()) contents.push_back(content(name));
  EXPECT_THAT(contents, ::testing::UnorderedElementsAre("0", "1", "2", "3", "4", "5", "6", "7"));
}

TEST_F(Files, CannotBeWrittenIntoAMissingFolder) {
  expect_error(ErrorKind::kOutput, HasSubstr("No such file or directory"),
               [&] { write_file(at("none/a"), "x", IfExists::kError); });
}

TEST_F(Files, FoldersAreMadeWithThoseAboveThem) {
  make_folders(at("a/b"));
  require_writable_folder(at("a/b"));
  EXPECT_TRUE(fs::is_directory(at("a/b")));
}

TEST_F(Files, TryingAFolderLeavesNothingInIt) {
  make_folders(at("a"));
  require_writable_folder(at("a"));
  EXPECT_TRUE(fs::is_empty(at("a")));
}

TEST(WritableFolder, IsNoneWhereNobodyCanMakeFiles) {
  // Root has all permissions here.
  expect_error(ErrorKind::kOutput, HasSubstr("cannot write into the folder"),
               [] { require_writable_folder("/proc"); });
}

TEST_F(Files, AFileIsNoFolderToWriteInto) {
  put("a", "");
  expect_error(ErrorKind::kOutput, HasSubstr("is not a folder"),
               [&] { require_writable_folder(at("a")); });
  expect_error(ErrorKind::kOutput, HasSubstr("cannot make the folder"),
               [&] { make_folders(at("a/b")); });
}

TEST(IfExistsPolicy, IsReadByName) {
  EXPECT_EQ(parse_if_exists("rename"), IfExists::kRename);
  expect_error(ErrorKind::kUsage, HasSubstr("'keep' is none of"), [] { parse_if_exists("keep"); });
}

}  // namespace
}  // namespace dalle2
