#include "pipeline/network_store.h"

#include <utility>

#include "pipeline/stopwatch.h"

namespace dalle2::pipeline {

NetworkStore::NetworkStore(model::ModelPackage package, model::Placement placement, bool low_memory)
    : package_(std::move(package)),
      placement_(placement),
      low_memory_(low_memory),
      upsamplers_(package_.manifest().networks.upsamplers.size()) {}

void NetworkStore::begin_stage() {
  if (!low_memory_) return;
  text_encoder_.reset();
  prior_.reset();
  decoder_.reset();
  classifier_.reset();
  for (auto& upsampler : upsamplers_) upsampler.reset();
  image_encoder_.reset();
}

template <typename T, typename... Arguments>
T& NetworkStore::loaded(std::unique_ptr<T>& slot, Arguments... arguments) {
  if (!slot) {
    const Stopwatch stopwatch;
    slot = std::make_unique<T>(package_, arguments..., placement_);
    load_seconds_ += stopwatch.seconds();
  }
  return *slot;
}

model::TextEncoder& NetworkStore::text_encoder() { return loaded(text_encoder_); }
model::Prior& NetworkStore::prior() { return loaded(prior_); }
model::Decoder& NetworkStore::decoder() { return loaded(decoder_); }
model::Classifier& NetworkStore::classifier() { return loaded(classifier_); }
model::Upsampler& NetworkStore::upsampler(std::size_t index) {
  return loaded(upsamplers_.at(index), index);
}
model::ImageEncoder& NetworkStore::image_encoder() { return loaded(image_encoder_); }

}  // namespace dalle2::pipeline
