#include "model/trust.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>

#include "base/error.h"
#include "model/find.h"

namespace dalle2::model {
namespace {

namespace fs = std::filesystem;

bool is_remembered(const std::string& manifest_sha256) {
  std::ifstream file(trusted_file());
  for (std::string line; std::getline(file, line);) {
    if (line.substr(0, line.find(' ')) == manifest_sha256) return true;
  }
  return false;
}

void remember(const fs::path& folder, const std::string& manifest_sha256) {
  const fs::path path = trusted_file();
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::app);
  file << manifest_sha256 << "  " << fs::absolute(folder).lexically_normal().string() << '\n';
  file.close();
  if (!file) {
    throw Error(ErrorKind::kOutput, path.string() +
                                        ": cannot be written, so that --trust cannot be "
                                        "remembered");
  }
}

}  // namespace

fs::path trusted_file() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config == '/') return fs::path(config) / "dalle2" / "trusted";
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr ? home : ".") / ".config" / "dalle2" / "trusted";
}

void require_trust(const fs::path& folder, const std::string& manifest_sha256, TrustPolicy policy) {
  if (is_installed(folder) || is_remembered(manifest_sha256)) return;
  if (policy == TrustPolicy::kRemember) {
    remember(folder, manifest_sha256);
    return;
  }
  throw Error(
      ErrorKind::kModel,
      folder.string() +
          ": a model package is a program (TorchScript) and this one was not installed with "
          "dalle2; if you trust where it comes from, run once with --trust");
}

}  // namespace dalle2::model
