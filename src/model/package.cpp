#include "model/package.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/sha256.h"

namespace dalle2::model {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifestName = "model.json";

std::string size_fault(const fs::path& path, const FileEntry& entry) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    return path.string() + ": is missing from the model package";
  const std::uint64_t size = fs::file_size(path, error);
  if (error) return path.string() + ": " + error.message();
  if (size == entry.size) return {};
  return path.string() + ": has " + std::to_string(size) + " bytes and should have " +
         std::to_string(entry.size) +
         (size < entry.size ? "; it was cut short, copy it again" : "; it is another file");
}

std::string hash_fault(const fs::path& path, const FileEntry& entry, std::string_view contents) {
  if (sha256_hex(contents) == entry.sha256) return {};
  return path.string() +
         ": is damaged or belongs to another model (its SHA-256 is not that of model.json); copy "
         "the "
         "package again";
}

/// Nothing of the package depends on these, so people may put them beside it.
bool is_document(const fs::path& path) {
  constexpr std::array<std::string_view, 4> kEndings = {".md", ".txt", ".json", ".png"};
  return std::find(kEndings.begin(), kEndings.end(), path.extension().string()) != kEndings.end();
}

}  // namespace

ModelPackage::ModelPackage(fs::path folder, Manifest manifest)
    : folder_(std::move(folder)), manifest_(std::move(manifest)) {}

ModelPackage ModelPackage::open(const fs::path& folder, TrustPolicy trust) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw Error(ErrorKind::kModel, folder.string() +
                                       ": no such folder; a model package is a folder "
                                       "with a model.json in it");
  }
  if (!fs::exists(folder / kManifestName, error)) {
    throw Error(ErrorKind::kModel,
                folder.string() + ": is not a model package: it has no model.json");
  }
  ModelPackage package(folder, load_manifest(folder / kManifestName));
  require_trust(folder, package.manifest_.sha256, trust);
  for (const auto& [name, entry] : package.manifest_.files) {
    const std::string fault = size_fault(folder / name, entry);
    if (!fault.empty()) throw Error(ErrorKind::kModel, fault);
  }
  return package;
}

std::string ModelPackage::read(const std::string& name) const {
  const auto entry = manifest_.files.find(name);
  if (entry == manifest_.files.end()) {
    throw Error(ErrorKind::kModel,
                folder_.string() + ": model.json knows no file \"" + name + "\"");
  }
  const fs::path path = folder_ / name;
  std::string contents = read_file(path, ErrorKind::kModel);
  const std::string fault = hash_fault(path, entry->second, contents);
  if (!fault.empty()) throw Error(ErrorKind::kModel, fault);
  return contents;
}

void ModelPackage::verify(const std::string& name) const { read(name); }

std::vector<std::string> find_faults(const fs::path& folder) {
  const Manifest manifest = load_manifest(folder / kManifestName);
  std::vector<std::string> faults;
  for (const auto& [name, entry] : manifest.files) {
    const fs::path path = folder / name;
    std::string fault = size_fault(path, entry);
    if (fault.empty()) {
      try {
        fault = hash_fault(path, entry, read_file(path, ErrorKind::kModel));
      } catch (const Error& error) {
        fault = error.what();
      }
    }
    if (!fault.empty()) faults.push_back(std::move(fault));
  }
  std::error_code error;
  for (const fs::directory_entry& found : fs::directory_iterator(folder, error)) {
    const std::string name = found.path().filename().string();
    if (name == kManifestName || manifest.files.contains(name) || is_document(found.path()))
      continue;
    faults.push_back(found.path().string() + ": is not part of the package");
  }
  std::sort(faults.begin(), faults.end());
  return faults;
}

}  // namespace dalle2::model
