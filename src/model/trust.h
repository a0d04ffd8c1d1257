#pragma once

#include <filesystem>
#include <string>

/// TorchScript files are programs. Packages that were installed with dalle2 (find.h) run at once,
/// others after the user said --trust, which is remembered by the hash of model.json and so, as
/// that holds the hashes of all files, ends when any of them changes.
namespace dalle2::model {

enum class TrustPolicy {
  kKnown,     // installed packages and those trusted before
  kRemember,  // trust this package, now and later
};

/// Throws Error(kModel) if the package may not be run and says how to allow it; Error(kOutput) if
/// trust cannot be remembered.
void require_trust(const std::filesystem::path& folder, const std::string& manifest_sha256,
                   TrustPolicy policy);

/// dalle2/trusted in $XDG_CONFIG_HOME or ~/.config: a line per package, "SHA256  FOLDER".
std::filesystem::path trusted_file();

}  // namespace dalle2::model
