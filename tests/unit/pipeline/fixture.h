#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "dalle2/generator.h"
#include "model/package.h"

namespace dalle2 {

/// The tiny package counts as installed, so no test touches the user's list of trusted ones.
inline std::filesystem::path tiny_package() {
  ::setenv("DALLE2_MODELS", DALLE2_TEST_FIXTURES, 1);
  return std::filesystem::path(DALLE2_TEST_FIXTURES) / "tiny";
}

inline GeneratorOptions tiny_options() {
  GeneratorOptions options;
  options.model = tiny_package();
  options.device = "cpu";
  options.dtype = "float32";
  options.threads = 1;
  return options;
}

/// At the decoder's size, which is quick.
inline GenerateRequest small_request(const std::string& prompt) {
  GenerateRequest request;
  request.prompt = prompt;
  request.seed = 5;
  request.size = 64;
  return request;
}

inline const model::Manifest& tiny_manifest() {
  static const model::ModelPackage package =
      model::ModelPackage::open(tiny_package(), model::TrustPolicy::kKnown);
  return package.manifest();
}

}  // namespace dalle2
