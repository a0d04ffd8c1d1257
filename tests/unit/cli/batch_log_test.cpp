#include "cli/batch_log.h"

#include <fstream>
#include <iterator>
#include <optional>

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "unit/expect_error.h"
#include "unit/temporary_folder.h"

namespace dalle2::cli {
namespace {

using testing::HasSubstr;

class BatchLogTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& bytes, bool append = false) {
    std::ofstream(folder_.path() / name, append ? std::ios::app : std::ios::out) << bytes;
  }

  std::string manifest() {
    std::ifstream in(folder_.path() / "manifest.jsonl");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  BatchRecord record(std::uint64_t index) {
    const std::string file = std::to_string(index) + ".png";
    write(file, "pixels");
    return {.id = "",
            .index = index,
            .prompt = "a fox",
            .seed = 5,
            .file = file,
            .sha256 = sha256_hex("pixels"),
            .status = "ok",
            .error = "",
            .ms = 3,
            .settings = "abc"};
  }

  TemporaryFolder folder_;
};

TEST_F(BatchLogTest, RemembersWhatIsDoneAcrossRunsAndShards) {
  BatchLog(folder_.path(), {}, false, false).append(record(0));
  BatchLog(folder_.path(), {1, 2}, false, false).append(record(1));
  const BatchLog resumed(folder_.path(), {0, 3}, true, false);
  EXPECT_TRUE(resumed.is_done(0, 5, "abc"));
  EXPECT_TRUE(resumed.is_done(1, 5, "abc"));
  EXPECT_FALSE(resumed.is_done(2, 5, "abc"));
  EXPECT_FALSE(resumed.is_done(0, 6, "abc"));
  EXPECT_FALSE(resumed.is_done(0, 5, "other settings"));
  EXPECT_TRUE(resumed.wrote(0, 5, "0.png"));
}

TEST_F(BatchLogTest, DoesNotTrustFilesThatChangedOrWent) {
  {
    BatchLog log(folder_.path(), {}, false, false);
    log.append(record(0));
    log.append(record(1));
  }
  write("0.png", "other pixels");
  std::filesystem::remove(folder_.path() / "1.png");
  const BatchLog resumed(folder_.path(), {}, true, false);
  EXPECT_FALSE(resumed.is_done(0, 5, "abc"));
  EXPECT_FALSE(resumed.is_done(1, 5, "abc"));
}

TEST_F(BatchLogTest, GoesOnAfterALineThatWasCutOff) {
  BatchLog(folder_.path(), {}, false, false).append(record(0));
  write("manifest.jsonl", "{\"index\":1,\"seed\":5,\"fi", /*append=*/true);
  BatchLog(folder_.path(), {}, true, false).append(record(2));
  const BatchLog resumed(folder_.path(), {}, true, false);
  EXPECT_TRUE(resumed.is_done(0, 5, "abc"));
  EXPECT_FALSE(resumed.is_done(1, 5, "abc"));
  EXPECT_TRUE(resumed.is_done(2, 5, "abc"));
}

TEST_F(BatchLogTest, NeverLosesALine) {
  BatchLog(folder_.path(), {}, false, false).append(record(0));
  const std::string before = manifest();
  BatchLog(folder_.path(), {}, true, false).append(record(1));
  EXPECT_TRUE(manifest().starts_with(before));
}

TEST_F(BatchLogTest, RefusesToMixTwoBatchesUnlessTold) {
  BatchLog(folder_.path(), {}, false, false).append(record(0));
  expect_error(ErrorKind::kOutput, HasSubstr("--resume"),
               [&] { BatchLog(folder_.path(), {}, false, false); });
  BatchLog(folder_.path(), {}, false, true);
}

TEST_F(BatchLogTest, RefusesToWorkBesideAnotherProcess) {
  std::optional<BatchLog> first(std::in_place, folder_.path(), Shard{}, false, false);
  expect_error(ErrorKind::kOutput, HasSubstr("another dalle2"),
               [&] { BatchLog(folder_.path(), {}, true, false); });
  first.reset();
  BatchLog(folder_.path(), {}, true, false);
}

TEST_F(BatchLogTest, IgnoresWhatAnyoneElsePutThere) {
  write("manifest-notes.jsonl",
        "[]\nnull\n{\"index\":\"a\"}\n{\"file\":3,\"index\":1,\"seed\":2}\n");
  const BatchLog resumed(folder_.path(), {}, true, false);
  EXPECT_FALSE(resumed.is_done(1, 2, ""));
}

}  // namespace
}  // namespace dalle2::cli
