#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "fuzz/check.h"
#include "model/manifest.h"

/// Whatever model.json holds, it is a manifest whose parts fit or an error of the model. What
/// passes names no file outside of the package.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dalle2;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const model::Manifest manifest = model::parse_manifest(text, "model.json");
    check(manifest.embedding.mean.size() == static_cast<std::size_t>(manifest.embedding.width));
    check(manifest.networks.prior.width >= manifest.embedding.width);
    check(manifest.defaults.upsampler.has_value() == !manifest.networks.upsamplers.empty());
    for (const auto& [name, entry] : manifest.files) {
      check(name.find('/') == std::string::npos && name != "." && name != "..");
    }
    for (const auto& [path, file] : model::network_files(manifest.networks)) {
      check(manifest.files.contains(file));
    }
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::kModel);
  }
  return 0;
}
