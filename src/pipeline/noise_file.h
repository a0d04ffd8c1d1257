#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "dalle2/generator.h"
#include "diffusion/noise.h"
#include "model/manifest.h"

namespace dalle2::pipeline {

/// Noise that a file gives where seeds would otherwise, so that another program can be compared
/// with: a safetensors file of F32 tensors, whose rows are the pictures.
///
///     prior.0 [B, P]    decoder.0 [B, C, S, S]    upsampler_256.0 [B, C, 256, 256]
///
/// is what a stage starts from; prior.1 and so on is what its steps add, in their order.
class NoiseFile {
 public:
  /// Throws Error(kUsage) naming the file, and the tensor, that is not as above.
  explicit NoiseFile(const std::filesystem::path& path);

  /// A JSON object for PictureSettings::source: the file and its SHA-256.
  std::string source() const;

  /// The noise of pictures `begin` to `end` - 1 in a stage: "prior", "decoder", upsampler_stage().
  std::unique_ptr<diffusion::NoiseSource> rows(const std::string& stage, std::int64_t begin,
                                               std::int64_t end, at::Device device) const;

  /// Throws Error(kUsage) naming the first tensor that is missing or has another shape than these
  /// settings take for `pictures` pictures. `with_prior`: the prior is drawn from as well.
  void check(const PictureSettings& settings, const model::Manifest& manifest,
             std::int64_t pictures, bool with_prior) const;

 private:
  void check_stage(const std::string& stage, std::int64_t draws,
                   const std::vector<std::int64_t>& shape) const;

  std::string path_;
  std::string sha256_;
  std::map<std::string, at::Tensor> tensors_;
};

/// "upsampler_256"
std::string upsampler_stage(const model::UpsamplerSpec& spec);

}  // namespace dalle2::pipeline
