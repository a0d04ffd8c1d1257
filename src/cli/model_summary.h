#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/manifest.h"

namespace dalle2::cli {

/// A model package as `info` shows it: its manifest, read without loading or trusting anything.
struct ModelSummary {
  std::filesystem::path folder;
  model::Manifest manifest;
  std::uint64_t bytes;             // of all files
  std::vector<std::string> parts;  // networks, by their place in the manifest
  std::vector<int> sizes;          // of pictures, in pixels
};

/// Throws Error(kModel).
ModelSummary summarize_model(const std::filesystem::path& folder);

Json to_json(const ModelSummary& summary);

/// Lines for people.
std::string to_text(const ModelSummary& summary);

}  // namespace dalle2::cli
