#pragma once

#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "model/networks.h"
#include "model/package.h"

namespace dalle2::pipeline {

/// The networks of one package, loaded when they are first asked for, or ahead of that.
class NetworkStore {
 public:
  NetworkStore(model::ModelPackage package, model::Placement placement, bool low_memory);
  NetworkStore(const NetworkStore&) = delete;
  NetworkStore& operator=(const NetworkStore&) = delete;

  const model::Manifest& manifest() const { return package_.manifest(); }
  const model::ModelPackage& package() const { return package_; }
  model::Placement placement() const { return placement_; }

  /// With low_memory, frees what earlier stages loaded; references to it end here.
  void begin_stage();

  /// Starts to load what every picture needs, the classifier if it will guide, and the first
  /// `upsamplers` upsamplers, on a thread of its own, in the order of the stages: a later network
  /// loads while an earlier one works. Errors come from the call that asks for the network. Does
  /// nothing with low_memory.
  void load_ahead(std::size_t upsamplers, bool with_classifier = false);

  /// The same for the text encoder alone, which every picture needs first.
  void load_text_encoder_ahead();

  model::TextEncoder& text_encoder();
  model::Prior& prior();
  model::Compositor& compositor();
  model::Decoder& decoder();
  model::Classifier& classifier();
  model::Upsampler& upsampler(std::size_t index);  // with low_memory, one network of it at a time
  model::ImageEncoder& image_encoder();

  /// Spent in the calls above, waiting for networks.
  double load_seconds() const { return load_seconds_; }

 private:
  template <typename T>
  struct Slot {
    std::unique_ptr<T> network;
    std::future<std::unique_ptr<T>> coming;  // valid from load_ahead() until it is asked for
  };
  using Tasks = std::vector<std::function<void()>>;

  template <typename T, typename... Arguments>
  void plan(Tasks* tasks, Slot<T>& slot, Arguments... arguments);
  template <typename T, typename... Arguments>
  T& loaded(Slot<T>& slot, Arguments... arguments);
  void start(Tasks tasks);

  model::ModelPackage package_;
  model::Placement placement_;
  bool low_memory_;
  double load_seconds_ = 0.0;
  Slot<model::TextEncoder> text_encoder_;
  Slot<model::Prior> prior_;
  Slot<model::Compositor> compositor_;
  Slot<model::Decoder> decoder_;
  Slot<model::Classifier> classifier_;
  std::vector<Slot<model::Upsampler>> upsamplers_;
  Slot<model::ImageEncoder> image_encoder_;
  std::future<void> loader_;  // last: its destructor waits for the thread, which uses all the above
};

}  // namespace dalle2::pipeline
