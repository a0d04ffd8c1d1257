#include "cli/batch_log.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sha256.h"

namespace dalle2::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::kOutput, path.string() + ": " + reason);
}

fs::path manifest_path(const fs::path& folder, const Shard& shard) {
  if (shard.is_whole()) return folder / "manifest.jsonl";
  return folder / ("manifest-" + std::to_string(shard.index + 1) + "-of-" +
                   std::to_string(shard.count) + ".jsonl");
}

bool is_manifest(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("manifest") && name.ends_with(".jsonl");
}

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

/// Whether a line of the file was cut off by the end of its writer.
bool ends_inside_a_line(const fs::path& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in || in.tellg() == 0) return false;
  in.seekg(-1, std::ios::end);
  return in.get() != '\n';
}

}  // namespace

Json to_json(const BatchRecord& record) {
  return {{"id", or_null(record.id)},
          {"index", record.index},
          {"prompt", record.prompt},
          {"seed", record.seed},
          {"file", or_null(record.file)},
          {"sha256", or_null(record.sha256)},
          {"status", record.status},
          {"error", or_null(record.error)},
          {"ms", record.ms},
          {"settings", record.settings}};
}

BatchLog::BatchLog(const fs::path& folder, const Shard& shard, bool resume, bool overwrite)
    : folder_(folder),
      path_(manifest_path(folder, shard)),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (!file_.is_open()) fail(path_, std::strerror(errno));
  // Some network filesystems have no locks; only a lock that is held by another stops us.
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    fail(path_, "another dalle2 is working on this batch; wait for it, or use another --out-dir");
  }
  if (!resume) {
    if (!overwrite && ::lseek(file_.get(), 0, SEEK_END) > 0) {
      fail(path_, "exists already; --resume goes on with this batch, another --out-dir keeps it");
    }
  } else {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (is_manifest(entry.path())) read(entry.path());
    }
  }
  if (ends_inside_a_line(path_)) write("\n");
}

void BatchLog::read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    // A line that a kill cut off says nothing; what it was about is made again.
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) continue;
    try {
      const std::pair key(json.at("index").get<std::uint64_t>(),
                          json.at("seed").get<std::uint64_t>());
      if (!json.at("file").is_string()) continue;
      made_[key] = {json.at("file").get<std::string>(), json.value("sha256", std::string()),
                    json.at("settings").get<std::string>()};
    } catch (const Json::exception&) {
      continue;
    }
  }
}

bool BatchLog::is_done(std::uint64_t index, std::uint64_t seed, const std::string& settings) const {
  const auto found = made_.find({index, seed});
  if (found == made_.end() || found->second.settings != settings) return false;
  const fs::path file = folder_ / found->second.file;
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) &&
         sha256_hex_of_file(file, ErrorKind::kOutput) == found->second.sha256;
}

bool BatchLog::wrote(std::uint64_t index, std::uint64_t seed, const std::string& file) const {
  const auto found = made_.find({index, seed});
  return found != made_.end() && found->second.file == file;
}

void BatchLog::append(const BatchRecord& record) {
  write(to_json(record).dump() + "\n");
  ::fdatasync(file_.get());
}

void BatchLog::write(const std::string& bytes) {
  // In one call, so that a line is cut off only by the end of the machine or the disk.
  ssize_t written = 0;
  do {
    written = ::write(file_.get(), bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(bytes.size())) {
    fail(path_, written < 0 ? std::strerror(errno) : "the disk is full");
  }
}

}  // namespace dalle2::cli
