#include "base/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_descriptor.h"
#include "base/utf8.h"

namespace dalle2 {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(ErrorKind kind, const fs::path& path, const std::string& reason) {
  throw Error(kind, path.string() + ": " + reason);
}

/// All that can be read from an open file; `name` is for errors.
std::string read_all(int file, const fs::path& name, ErrorKind kind, std::size_t max_bytes) {
  struct stat status = {};
  std::string bytes;
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
    // One byte more than there is, so that the end is met without growing.
    bytes.reserve(std::min(static_cast<std::size_t>(status.st_size), max_bytes) + 1);
  }
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  for (;;) {
    const std::size_t before = bytes.size();
    const std::size_t room = bytes.capacity() - before;
    bytes.resize(before + std::min(room == 0 ? kPiece : room, kPiece));
    const ssize_t got = ::read(file, bytes.data() + before, bytes.size() - before);
    const int error = errno;
    bytes.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return bytes;
    if (got < 0 && error != EINTR) fail(kind, name, std::strerror(error));
    if (bytes.size() > max_bytes) {
      fail(kind, name, "is larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

}  // namespace

std::string read_file(const fs::path& path, ErrorKind kind, std::size_t max_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) fail(kind, path, std::strerror(errno));
  return read_all(file.get(), path, kind, max_bytes);
}

std::string read_standard_input(std::size_t max_bytes) {
  return read_all(STDIN_FILENO, "standard input", ErrorKind::kUsage, max_bytes);
}

std::string read_text(const fs::path& path, std::size_t max_bytes) {
  std::string text = read_file(path, ErrorKind::kUsage, max_bytes);
  if (const auto at = find_invalid_utf8(text)) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*at), '\n');
    throw Error(ErrorKind::kUsage,
                path.string() + ":" + std::to_string(line) + ": is not UTF-8; save it as UTF-8");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(ErrorKind::kOutput, folder, "cannot make the folder: " + error.message());
}

}  // namespace dalle2
