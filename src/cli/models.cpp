#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/standard_output.h"
#include "model/find.h"
#include "model/manifest.h"
#include "model/package.h"

namespace dalle2::cli {
namespace {

namespace fs = std::filesystem;

/// The models named after the action, or all that are installed.
std::vector<fs::path> chosen_models(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1) return model::installed_models();
  std::vector<fs::path> folders;
  for (auto name = arguments.begin() + 1; name != arguments.end(); ++name) {
    folders.push_back(model::find_model(*name));
  }
  return folders;
}

[[noreturn]] void fail_without_models() {
  std::string looked;
  for (const fs::path& folder : model::model_folders()) {
    looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  throw Error(ErrorKind::kModel, "no models found" + (looked.empty() ? "" : " in " + looked) +
                                     "; set DALLE2_MODELS to the folder that holds them");
}

std::string listed(const fs::path& folder, bool json) {
  const model::Manifest manifest = model::load_manifest(folder / "model.json");
  if (json) {
    return Json{{"name", manifest.name},
                {"title", manifest.title},
                {"folder", folder.string()},
                {"model_hash", manifest.sha256}}
        .dump();
  }
  return manifest.name + "\t" + folder.string() + "\t" + manifest.title;
}

/// A package that cannot be read is reported and the others still listed.
int list(const std::vector<fs::path>& folders, bool json) {
  int code = kSuccess;
  for (const fs::path& folder : folders) {
    try {
      print(listed(folder, json) + "\n");
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kModel) throw;
      log(LogLevel::kError, error.what());
      code = exit_code(ErrorKind::kModel);
    }
  }
  return code;
}

std::vector<std::string> faults_of(const fs::path& folder) {
  try {
    return model::find_faults(folder);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kModel) throw;
    return {error.what()};
  }
}

int verify(const std::vector<fs::path>& folders, bool json) {
  int code = kSuccess;
  for (const fs::path& folder : folders) {
    const std::vector<std::string> faults = faults_of(folder);
    if (!faults.empty()) code = exit_code(ErrorKind::kModel);
    if (json) {
      print(Json{{"folder", folder.string()}, {"ok", faults.empty()}, {"faults", faults}}.dump() +
            "\n");
      continue;
    }
    print(folder.string() + ": " + (faults.empty() ? "ok" : "not as its manifest says") + "\n");
    for (const std::string& fault : faults) print("  " + fault + "\n");
  }
  return code;
}

struct Action {
  std::string_view name;
  int (*run)(const std::vector<fs::path>& folders, bool json);
};

constexpr Action kActions[] = {{"list", list}, {"verify", verify}};

}  // namespace

int run_models(const options::Invocation& invocation) {
  const std::vector<std::string>& arguments = invocation.settings.arguments;
  const auto action = std::ranges::find(kActions, arguments.front(), &Action::name);
  if (action == std::end(kActions)) {
    throw Error(ErrorKind::kUsage,
                "models: '" + arguments.front() + "' is neither list nor verify");
  }
  const std::vector<fs::path> folders = chosen_models(arguments);
  if (folders.empty()) fail_without_models();
  return action->run(folders, invocation.settings.ui.json);
}

}  // namespace dalle2::cli
