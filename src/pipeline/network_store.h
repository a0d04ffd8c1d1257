#pragma once

#include <memory>
#include <vector>

#include "model/networks.h"
#include "model/package.h"

namespace dalle2::pipeline {

/// The networks of one package, loaded when they are first asked for.
class NetworkStore {
 public:
  NetworkStore(model::ModelPackage package, model::Placement placement, bool low_memory);

  const model::Manifest& manifest() const { return package_.manifest(); }
  const model::ModelPackage& package() const { return package_; }
  model::Placement placement() const { return placement_; }

  /// With low_memory, frees what earlier stages loaded; references to it end here.
  void begin_stage();

  model::TextEncoder& text_encoder();
  model::Prior& prior();
  model::Decoder& decoder();
  model::Classifier& classifier();
  model::Upsampler& upsampler(std::size_t index);
  model::ImageEncoder& image_encoder();

  double load_seconds() const { return load_seconds_; }

 private:
  template <typename T, typename... Arguments>
  T& loaded(std::unique_ptr<T>& slot, Arguments... arguments);

  model::ModelPackage package_;
  model::Placement placement_;
  bool low_memory_;
  double load_seconds_ = 0.0;
  std::unique_ptr<model::TextEncoder> text_encoder_;
  std::unique_ptr<model::Prior> prior_;
  std::unique_ptr<model::Decoder> decoder_;
  std::unique_ptr<model::Classifier> classifier_;
  std::vector<std::unique_ptr<model::Upsampler>> upsamplers_;
  std::unique_ptr<model::ImageEncoder> image_encoder_;
};

}  // namespace dalle2::pipeline
