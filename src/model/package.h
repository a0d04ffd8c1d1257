#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/manifest.h"
#include "model/trust.h"

namespace dalle2::model {

/// A model package on disk: a manifest that was checked, and files that agree with it. Cheap to
/// copy and to open: sizes are compared when opening, hashes when a file is read.
class ModelPackage {
 public:
  /// Reads model.json, checks it, that the package may be run (trust.h), and that every file is
  /// there with its size. Throws Error(kModel) with the reason.
  static ModelPackage open(const std::filesystem::path& folder, TrustPolicy trust);

  const Manifest& manifest() const { return manifest_; }
  const std::filesystem::path& folder() const { return folder_; }

  /// The contents of a file of the package, after comparing their SHA-256. Throws Error(kModel) if
  /// the file cannot be read or is not the one the manifest means.
  std::string read(const std::string& name) const;

  /// read() for its check alone. For files that a library opens by name.
  void verify(const std::string& name) const;

 private:
  ModelPackage(std::filesystem::path folder, Manifest manifest);

  std::filesystem::path folder_;
  Manifest manifest_;
};

/// For `models verify`: every file that is missing, truncated or altered, and files in the folder
/// that are neither in the manifest nor documents (.md, .txt, .json, .png), one sentence each. Runs
/// nothing, so it needs no trust. Throws Error(kModel) when model.json itself is unfit.
std::vector<std::string> find_faults(const std::filesystem::path& folder);

}  // namespace dalle2::model
