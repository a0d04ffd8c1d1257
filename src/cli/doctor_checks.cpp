#include "cli/doctor_checks.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <ATen/ATen.h>
#include <torch/headeronly/version.h>

#include "base/files.h"
#include "base/version.h"
#include "model/device.h"
#include "model/find.h"
#include "model/manifest.h"
#include "model/package.h"
#include "model/torch_errors.h"
#include "model/trust.h"

namespace dalle2::cli {
namespace {

namespace fs = std::filesystem;

template <class Items>
std::string joined(const Items& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + std::string(item);
  return out;
}

Finding good(std::string name, std::string detail) {
  return {std::move(name), std::move(detail), std::nullopt, false};
}

Finding doubtful(std::string name, std::string detail) {
  return {std::move(name), std::move(detail), std::nullopt, true};
}

/// `check`'s finding, or the error it throws as one.
Finding guarded(const std::string& name, const std::function<Finding()>& check) {
  try {
    return check();
  } catch (const Error& error) {
    return {name, error.what(), error.kind(), false};
  } catch (const std::exception& error) {
    return {name, error.what(), ErrorKind::kRuntime, false};
  }
}

Finding processor() {
  const std::vector<std::string> features = model::cpu_features();
  return good("processor", std::to_string(std::thread::hardware_concurrency()) + " cores" +
                               (features.empty() ? "" : ", " + joined(features)));
}

/// MemAvailable: free, or in caches that would make room.
Finding memory() {
  std::ifstream lines("/proc/meminfo");
  for (std::string key; lines >> key;) {
    std::uint64_t kilobytes = 0;
    if (key != "MemAvailable:" || !(lines >> kilobytes)) continue;
    constexpr std::uint64_t kEnough = 1'000'000;
    const std::string detail = std::to_string(kilobytes / 1000) + " MB available";
    return kilobytes < kEnough ? doubtful("memory", detail + "; a model may need 1 GB")
                               : good("memory", detail);
  }
  return doubtful("memory", "/proc/meminfo does not say how much is available");
}

/// A product that is known, so that a LibTorch built for other processors is found out here.
Finding libtorch() {
  return model::translating_torch_errors("LibTorch", [] {
    const at::Tensor product = at::full({64, 64}, 0.5).matmul(at::full({64, 64}, 2.0));
    if (!product.eq(64.0).all().item<bool>()) {
      throw Error(ErrorKind::kRuntime, "LibTorch " TORCH_VERSION " multiplies matrices wrongly");
    }
    return good("LibTorch", TORCH_VERSION);
  });
}

Finding cuda(const std::string& wanted) {
  const model::CudaReport report = model::report_cuda();
  if (report.problem.empty()) return good("CUDA", joined(report.devices));
  const bool needed = wanted.starts_with("cuda");
  return {"CUDA", report.problem + (needed ? "" : "; pictures are made on the processor"),
          needed ? std::optional(ErrorKind::kDevice) : std::nullopt, false};
}

Finding device(const std::string& wanted) {
  const at::Device device = model::resolve_device(wanted);
  return good("device", model::device_name(device) + ", " +
                            std::string(model::dtype_name(model::resolve_dtype("auto", device))));
}

Finding verified_model(const fs::path& folder) {
  const model::Manifest manifest = model::load_manifest(folder / "model.json");
  const std::vector<std::string> faults = model::find_faults(folder);
  if (!faults.empty()) {
    return {"model", folder.string() + ": " + faults.front(), ErrorKind::kModel, false};
  }
  return good("model", manifest.name + " in " + folder.string() + ", all files as they should be");
}

std::vector<Finding> models(const std::string& wanted) {
  std::vector<fs::path> folders;
  if (wanted.empty()) folders = model::installed_models();
  std::vector<Finding> findings;
  if (folders.empty()) {
    // Also explains where it looked when there is none.
    findings.push_back(guarded("model", [&] { return verified_model(model::find_model(wanted)); }));
  }
  for (const fs::path& folder : folders) {
    findings.push_back(guarded("model", [&] { return verified_model(folder); }));
  }
  return findings;
}

Finding writable(const std::string& name, const fs::path& folder) {
  try {
    require_writable_folder(folder);
  } catch (const Error& error) {
    return doubtful(name, error.what());
  }
  return good(name, folder.string() + " can be written to");
}

Finding settings(const options::Invocation& invocation) {
  const std::vector<std::string> unknown = options::unknown_variables();
  if (!unknown.empty())
    return doubtful("settings", "not a variable of any option: " + joined(unknown));
  std::vector<std::string> files;
  for (const fs::path& file : invocation.config_files) files.push_back(file.string());
  return good("settings", files.empty() ? "no configuration files" : joined(files));
}

}  // namespace

std::vector<Finding> examine(const options::Invocation& invocation) {
  const GeneratorOptions& wanted = invocation.settings.generator;
  std::vector<Finding> findings;
  findings.push_back(good("dalle2", std::string(version())));
  findings.push_back(guarded("processor", processor));
  findings.push_back(guarded("memory", memory));
  // Before all else of LibTorch, which must not be used until its CUDA part is open.
  findings.push_back(guarded("CUDA", [&] { return cuda(wanted.device); }));
  findings.push_back(guarded("device", [&] { return device(wanted.device); }));
  findings.push_back(guarded("LibTorch", libtorch));
  for (Finding& finding : models(wanted.model.string())) findings.push_back(std::move(finding));
  findings.push_back(writable("this folder", fs::current_path()));
  findings.push_back(guarded("settings", [&] { return settings(invocation); }));
  return findings;
}

}  // namespace dalle2::cli
