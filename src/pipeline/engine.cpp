#include "pipeline/engine.h"

#include <algorithm>
#include <utility>

#include <ATen/Context.h>

#include "model/find.h"
#include "model/package.h"

namespace dalle2::pipeline {
namespace {

/// Filled up, a network call of 8 rows (with guidance) takes a processor within 5 % of the time a
/// picture that one of 32 does; more would only be wasted where there are few pictures.
constexpr int kFixedBatchOnCpu = 4;

/// Also fits the options to the device.
model::Placement place(GeneratorOptions& options) {
  const at::Device device = model::resolve_device(options.device);  // before all else of LibTorch
  model::set_threads(options.threads);
  if (options.deterministic) {
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
    at::globalContext().setBenchmarkCuDNN(false);
  }
  if (options.fixed_batch && device.is_cpu()) {
    options.max_batch = std::min(options.max_batch, kFixedBatchOnCpu);
  }
  return {device, model::resolve_dtype(options.dtype, device)};
}

model::ModelPackage open_package(const GeneratorOptions& options) {
  return model::ModelPackage::open(
      model::find_model(options.model.string()),
      options.trust ? model::TrustPolicy::kRemember : model::TrustPolicy::kKnown);
}

/// While it is read, so is the text encoder: a tokenizer of many pieces takes a tenth of a second.
std::unique_ptr<text::Tokenizer> open_tokenizer(NetworkStore& networks) {
  networks.load_text_encoder_ahead();
  const model::ModelPackage& package = networks.package();
  const model::TokenizerSpec& spec = package.manifest().tokenizer;
  for (const std::string& file : model::tokenizer_files(spec)) package.verify(file);
  return text::make_tokenizer(spec.kind, package.folder(),
                              {.max_length = spec.max_length,
                               .pad_id = spec.pad_id,
                               .add_bos = spec.add_bos,
                               .add_eos = spec.add_eos});
}

}  // namespace

Engine::Engine(GeneratorOptions options)
    : options_(std::move(options)),
      placement_(place(options_)),
      networks_(open_package(options_), placement_, options_.low_memory),
      tokenizer_(open_tokenizer(networks_)),
      renderer_(networks_, *tokenizer_, options_),
      open_seconds_(since_start_.seconds()) {}

Timings Engine::timings() const {
  Timings timings = renderer_.timings();
  timings.load = open_seconds_ + networks_.load_seconds();
  return timings;
}

}  // namespace dalle2::pipeline
