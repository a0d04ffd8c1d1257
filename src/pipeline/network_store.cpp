#include "pipeline/network_store.h"

#include <algorithm>
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
  text_encoder_ = {};
  prior_ = {};
  compositor_ = {};
  decoder_ = {};
  classifier_ = {};
  for (auto& upsampler : upsamplers_) upsampler = {};
  image_encoder_ = {};
}

template <typename T, typename... Arguments>
void NetworkStore::plan(Tasks* tasks, Slot<T>& slot, Arguments... arguments) {
  if (slot.network || slot.coming.valid()) return;
  // Shared, because a std::function must be copyable.
  auto task = std::make_shared<std::packaged_task<std::unique_ptr<T>()>>(
      [=, this] { return std::make_unique<T>(package_, arguments..., placement_); });
  slot.coming = task->get_future();
  tasks->push_back([task] { (*task)(); });
}

void NetworkStore::load_ahead(std::size_t upsamplers, bool with_classifier) {
  if (low_memory_) return;
  Tasks tasks;
  plan(&tasks, text_encoder_);
  plan(&tasks, prior_);
  if (manifest().networks.compositor) {
    plan(&tasks, compositor_);
    plan(&tasks, image_encoder_);
  }
  plan(&tasks, decoder_);
  if (with_classifier) plan(&tasks, classifier_);
  for (std::size_t i = 0; i < std::min(upsamplers, upsamplers_.size()); ++i) {
    plan(&tasks, upsamplers_[i], i);
  }
  start(std::move(tasks));
}

void NetworkStore::load_text_encoder_ahead() {
  if (low_memory_) return;
  Tasks tasks;
  plan(&tasks, text_encoder_);
  start(std::move(tasks));
}

void NetworkStore::start(Tasks tasks) {
  if (tasks.empty()) return;
  if (loader_.valid()) loader_.wait();
  loader_ = std::async(std::launch::async, [tasks = std::move(tasks)] {
    for (const auto& task : tasks) task();
  });
}

template <typename T, typename... Arguments>
T& NetworkStore::loaded(Slot<T>& slot, Arguments... arguments) {
  if (!slot.network) {
    const Stopwatch stopwatch;
    if (slot.coming.valid()) {
      slot.network = slot.coming.get();
    } else {
      if (loader_.valid()) loader_.wait();  // one thread loads at a time
      slot.network = std::make_unique<T>(package_, arguments..., placement_);
    }
    load_seconds_ += stopwatch.seconds();
  }
  return *slot.network;
}

model::TextEncoder& NetworkStore::text_encoder() { return loaded(text_encoder_); }
model::Prior& NetworkStore::prior() { return loaded(prior_); }
model::Compositor& NetworkStore::compositor() { return loaded(compositor_); }
model::Decoder& NetworkStore::decoder() { return loaded(decoder_); }
model::Classifier& NetworkStore::classifier() { return loaded(classifier_); }
model::Upsampler& NetworkStore::upsampler(std::size_t index) {
  Slot<model::Upsampler>& slot = upsamplers_.at(index);
  if (!low_memory_) return loaded(slot, index);
  if (!slot.network) {
    const Stopwatch stopwatch;
    slot.network =
        std::make_unique<model::Upsampler>(package_, index, placement_, /*one_at_a_time=*/true);
    load_seconds_ += stopwatch.seconds();
  }
  return *slot.network;
}
model::ImageEncoder& NetworkStore::image_encoder() { return loaded(image_encoder_); }

}  // namespace dalle2::pipeline
