#pragma once

#include <utility>

#include <unistd.h>

namespace dalle2 {

/// Owns a POSIX file descriptor; -1 is none.
class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { close(); }

  /// Closes what is open, and owns `descriptor` from now on.
  void reset(int descriptor) {
    close();
    descriptor_ = descriptor;
  }

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  /// False, with errno set, if the kernel reports a late write error.
  bool close() {
    const int descriptor = std::exchange(descriptor_, -1);
    return descriptor < 0 || ::close(descriptor) == 0;
  }

 private:
  int descriptor_;
};

}  // namespace dalle2
