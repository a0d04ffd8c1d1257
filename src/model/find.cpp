#include "model/find.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "base/error.h"

namespace dalle2::model {
namespace {

namespace fs = std::filesystem;

bool is_package(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "model.json", ignored);
}

std::vector<fs::path> candidate_folders() {
  std::vector<fs::path> folders;
  if (const char* list = std::getenv("DALLE2_MODELS")) {
    std::istringstream items(list);
    for (std::string item; std::getline(items, item, ':');) {
      if (!item.empty()) folders.emplace_back(item);
    }
  }
  std::error_code error;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  if (error) return folders;
  folders.push_back(binary.parent_path().parent_path() / "share" / "dalle2" / "models");
  // Only a build tree vouches for the models/ beside it: ~/bin/dalle2 must not make ~/models
  // trusted.
  fs::path folder = binary.parent_path();
  while (folder != folder.parent_path() && !fs::exists(folder / "CMakeCache.txt", error)) {
    folder = folder.parent_path();
  }
  if (folder != folder.parent_path()) folders.push_back(folder.parent_path() / "models");
  return folders;
}

std::string describe_search() {
  std::string text;
  for (const fs::path& folder : candidate_folders()) {
    text += (text.empty() ? "" : ", ") + folder.string();
  }
  return text;
}

std::string describe_installed(const std::vector<fs::path>& models) {
  std::string text;
  for (const fs::path& model : models) {
    text += (text.empty() ? "" : ", ") + model.filename().string();
  }
  return text.empty() ? "none is installed" : "installed: " + text;
}

}  // namespace

std::vector<fs::path> model_folders() {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const fs::path& candidate : candidate_folders()) {
    const fs::path folder = fs::canonical(candidate, error);
    if (!error && std::find(folders.begin(), folders.end(), folder) == folders.end()) {
      folders.push_back(folder);
    }
  }
  return folders;
}

std::vector<fs::path> installed_models() {
  std::vector<fs::path> models;
  for (const fs::path& folder : model_folders()) {
    std::vector<fs::path> here;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
      if (is_package(entry.path())) here.push_back(entry.path());
    }
    std::sort(here.begin(), here.end());
    models.insert(models.end(), here.begin(), here.end());
  }
  return models;
}

fs::path find_model(const std::string& name_or_folder) {
  const std::vector<fs::path> installed = installed_models();
  if (name_or_folder.empty() && installed.size() == 1) return installed.front();
  const std::string name = name_or_folder.empty() ? std::string(kDefaultModel) : name_or_folder;
  if (!name_or_folder.empty() && is_package(name)) return name;
  for (const fs::path& model : installed) {
    if (model.filename() == name) return model;
  }
  if (name.find('/') != std::string::npos) {
    throw Error(ErrorKind::kModel, name + ": no model package there (no model.json); " +
                                       describe_installed(installed));
  }
  throw Error(ErrorKind::kModel, "no model package called '" + name + "' in " + describe_search() +
                                     "; " + describe_installed(installed) +
                                     "; name one with --model NAME|DIR");
}

bool is_installed(const fs::path& folder) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error) return false;
  const std::vector<fs::path> roots = model_folders();
  return std::find(roots.begin(), roots.end(), real.parent_path()) != roots.end();
}

}  // namespace dalle2::model
