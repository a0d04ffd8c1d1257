#include "cli/standard_output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/error.h"

namespace dalle2::cli {

void print(std::string_view bytes) {
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
  if (written && std::fflush(stdout) == 0) return;
  throw Error(ErrorKind::kOutput, std::string("standard output: ") + std::strerror(errno));
}

}  // namespace dalle2::cli
