#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Where model packages are.
namespace dalle2::model {

/// The package that runs when none is named.
inline constexpr std::string_view kDefaultModel = "emoji";

/// Folders that hold installed packages, in the order in which they are searched; those that do not
/// exist are left out: $DALLE2_MODELS (a list separated by ":"), share/dalle2/models beside the
/// binary's folder, and models/ of the source tree when the binary lies in a build folder in it.
std::vector<std::filesystem::path> model_folders();

/// Every folder with a model.json in model_folders(), by name.
std::vector<std::filesystem::path> installed_models();

/// The folder of a package given as a path (has a "/" or a model.json in it) or as the name of an
/// installed one; empty: kDefaultModel, or the only one that is installed. Throws Error(kModel)
/// saying where it looked and what is there.
std::filesystem::path find_model(const std::string& name_or_folder);

/// Whether the folder lies in one of model_folders().
bool is_installed(const std::filesystem::path& folder);

}  // namespace dalle2::model
