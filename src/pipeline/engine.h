#pragma once

#include <memory>

#include "dalle2/generator.h"
#include "model/device.h"
#include "pipeline/network_store.h"
#include "pipeline/renderer.h"
#include "pipeline/stopwatch.h"
#include "text/tokenizer.h"

namespace dalle2::pipeline {

/// An open package and what runs it: the inside of Generator and Editor.
class Engine {
 public:
  /// Throws what the constructor of Generator throws.
  explicit Engine(GeneratorOptions options);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const model::Manifest& manifest() const { return networks_.manifest(); }
  model::Placement placement() const { return placement_; }
  const GeneratorOptions& options() const { return options_; }
  Renderer& renderer() { return renderer_; }
  Timings timings() const;

 private:
  Stopwatch since_start_;
  GeneratorOptions options_;
  model::Placement placement_;
  NetworkStore networks_;
  std::unique_ptr<text::Tokenizer> tokenizer_;
  Renderer renderer_;
  double open_seconds_;
};

}  // namespace dalle2::pipeline
