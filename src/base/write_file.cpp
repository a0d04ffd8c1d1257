#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file_descriptor.h"
#include "base/files.h"

namespace dalle2 {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::kOutput, path.string() + ": " + reason);
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A file without a name, of which not even SIGKILL leaves a trace; -1 where the filesystem has
/// none or /proc is missing, by which it would get its name.
int open_nameless(const fs::path& folder) {
  if (::access("/proc/self/fd", X_OK) != 0) return -1;
  return ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
}

/// A file in the folder of its final name, without a name or under a temporary one; gone unless it
/// was given that name.
class TemporaryFile {
 public:
  /// Only a file with a name can replace another.
  TemporaryFile(const fs::path& target, bool replaces)
      : target_(target), file_(replaces ? -1 : open_nameless(folder_of(target))) {
    if (file_.is_open()) return;
    name_ = (folder_of(target) / ".dalle2-XXXXXX").string();
    file_.reset(make(&name_));
    if (!file_.is_open()) fail(target_, std::strerror(errno));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(target_, std::strerror(errno));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file_.get()) != 0) fail(target_, std::strerror(errno));
    if (!name_.empty() && !file_.close()) fail(target_, std::strerror(errno));
  }

  void replace(const fs::path& target) {
    if (::rename(name_.c_str(), target.c_str()) != 0) fail(target, std::strerror(errno));
    keep(target);
  }

  /// False if there is something of that name.
  bool move_to_free_name(const fs::path& target) {
    if (name_.empty()) return link_to_free_name(target);
    if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) {
      keep(target);
      return true;
    }
    if (errno == EEXIST) return false;
    if (errno != EINVAL && errno != ENOSYS) fail(target, std::strerror(errno));
    // Filesystems without RENAME_NOREPLACE (NFS) have hard links, which do not replace either.
    if (::link(name_.c_str(), target.c_str()) != 0) {
      if (errno == EEXIST) return false;
      fail(target, std::strerror(errno));
    }
    ::unlink(name_.c_str());
    keep(target);
    return true;
  }

 private:
  bool link_to_free_name(const fs::path& target) {
    const std::string self = "/proc/self/fd/" + std::to_string(file_.get());
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      if (errno == EEXIST) return false;
      fail(target, std::strerror(errno));
    }
    if (!file_.close()) fail(target, std::strerror(errno));
    keep(target);
    return true;
  }

  static int make(std::string* name) {
    const int descriptor = ::mkostemp(name->data(), O_CLOEXEC);
    if (descriptor < 0) {
      name->clear();
      return descriptor;
    }
    // mkostemp's files are private; give them the permissions that open() would have.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(descriptor, 0666 & ~mask);
    return descriptor;
  }

  void keep(const fs::path& target) {
    name_.clear();
    // Without this a crash of the machine may undo the rename. Some filesystems refuse; that is
    // fine.
    const FileDescriptor folder(
        ::open(folder_of(target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.is_open()) ::fsync(folder.get());
  }

  fs::path target_;
  std::string name_;  // empty: none yet
  FileDescriptor file_;
};

fs::path numbered(const fs::path& path, int number) {
  return path.parent_path() /
         (path.stem().string() + "-" + std::to_string(number) + path.extension().string());
}

/// Where a replacing write goes: through symbolic links, and only onto regular files, because
/// renaming onto a device or pipe would replace the device itself.
fs::path replaceable(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::is_symlink(path, error) ? fs::weakly_canonical(path, error) : path;
  if (fs::exists(target, error) && !fs::is_regular_file(target, error)) {
    fail(path, "is there and is not a file");
  }
  return target;
}

}  // namespace

IfExists parse_if_exists(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, IfExists>, 4> kNames = {
      {{"error", IfExists::kError},
       {"skip", IfExists::kSkip},
       {"rename", IfExists::kRename},
       {"overwrite", IfExists::kOverwrite}}};
  const auto row = std::ranges::find(kNames, name, [](const auto& entry) { return entry.first; });
  if (row != kNames.end()) return row->second;
  throw Error(ErrorKind::kUsage,
              "'" + std::string(name) + "' is none of error, skip, rename, overwrite");
}

std::optional<fs::path> write_file(const fs::path& path, std::string_view bytes,
                                   IfExists if_exists) {
  if (if_exists == IfExists::kOverwrite) {
    const fs::path target = replaceable(path);
    TemporaryFile file(target, /*replaces=*/true);
    file.write(bytes);
    file.replace(target);
    return path;
  }
  std::error_code error;
  if (if_exists == IfExists::kSkip && fs::exists(path, error)) return std::nullopt;

  TemporaryFile file(path, /*replaces=*/false);
  file.write(bytes);
  fs::path target = path;
  for (int number = 1; !file.move_to_free_name(target); ++number) {
    if (if_exists == IfExists::kSkip) return std::nullopt;
    if (if_exists == IfExists::kError) fail(path, "exists already");
    target = numbered(path, number);
  }
  return target;
}

void require_writable_folder(const fs::path& folder) {
  const fs::path place = folder.empty() ? "." : folder;
  std::error_code error;
  if (!fs::is_directory(place, error)) fail(place, error ? error.message() : "is not a folder");
  // Permissions do not tell: root has all of them, even where nobody can make files, as in /proc.
  if (FileDescriptor(open_nameless(place)).is_open()) return;
  std::string name = (place / ".dalle2-XXXXXX").string();
  if (!FileDescriptor(::mkostemp(name.data(), O_CLOEXEC)).is_open()) {
    fail(place, std::string("cannot write into the folder: ") + std::strerror(errno));
  }
  ::unlink(name.c_str());
}

}  // namespace dalle2
