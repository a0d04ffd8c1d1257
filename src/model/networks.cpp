#include "model/networks.h"

#include <utility>

#include <ATen/ops/zeros_like.h>

#include "base/error.h"

namespace dalle2::model {
namespace {

constexpr NetworkTraits kConvolutional = {.channels_last = true};
constexpr NetworkTraits kPlain = {};

/// Channels that come out of a diffusion network with `channels` going in.
std::int64_t output_channels(const DiffusionSpec& spec, std::int64_t channels) {
  return spec.variance == VarianceKind::kLearnedRange ? 2 * channels : channels;
}

/// For calls with the shape of x but `channels` in place of its own.
std::vector<std::int64_t> with_channels(const at::Tensor& x, std::int64_t channels) {
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.at(1) = channels;
  return shape;
}

template <typename Spec>
const Spec& require(const std::optional<Spec>& spec, const ModelPackage& package,
                    const std::string& what) {
  if (spec) return *spec;
  throw Error(ErrorKind::kModel, "the model " + package.manifest().name + " has no " + what);
}

const UpsamplerSpec& upsampler_spec(const ModelPackage& package, std::size_t index) {
  const std::vector<UpsamplerSpec>& specs = package.manifest().networks.upsamplers;
  if (index < specs.size()) return specs[index];
  throw Error(ErrorKind::kModel, "the model " + package.manifest().name + " has " +
                                     std::to_string(specs.size()) + " upsamplers, not " +
                                     std::to_string(index + 1));
}

}  // namespace

TextStates TextStates::zeros_like() const {
  return {at::zeros_like(embedding), at::zeros_like(token_states), at::zeros_like(mask)};
}

TextEncoder::TextEncoder(const ModelPackage& package, Placement placement)
    : network_(package, "networks.text_encoder", package.manifest().networks.text_encoder.file,
               placement, kPlain),
      embedding_width_(package.manifest().embedding.width),
      token_width_(package.manifest().networks.text_encoder.token_width) {}

TextStates TextEncoder::operator()(const at::Tensor& ids, const at::Tensor& mask) {
  const std::int64_t batch = ids.size(0);
  std::vector<at::Tensor> outputs = network_.forward(
      {ids, mask}, {{batch, embedding_width_}, {batch, ids.size(1), token_width_}});
  return {outputs[0], outputs[1], mask.to(outputs[0].device())};
}

Prior::Prior(const ModelPackage& package, Placement placement)
    : network_(package, "networks.prior", package.manifest().networks.prior.file, placement,
               kPlain),
      outputs_(output_channels(package.manifest().networks.prior,
                               package.manifest().networks.prior.width)) {}

at::Tensor Prior::operator()(const at::Tensor& x, const at::Tensor& t, const TextStates& text) {
  return network_
      .forward({x, t, text.embedding, text.token_states, text.mask}, {with_channels(x, outputs_)})
      .front();
}

Compositor::Compositor(const ModelPackage& package, Placement placement)
    : network_(package, "networks.compositor",
               require(package.manifest().networks.compositor, package, "compositor").file,
               placement, kConvolutional),
      channels_(package.manifest().picture.channels),
      size_(package.manifest().picture.size) {}

at::Tensor Compositor::operator()(const at::Tensor& samples) {
  return network_.forward({samples}, {{samples.size(0), channels_, size_, size_}}).front();
}

Decoder::Decoder(const ModelPackage& package, Placement placement)
    : network_(package, "networks.decoder", package.manifest().networks.decoder.file, placement,
               kConvolutional),
      outputs_(output_channels(package.manifest().networks.decoder,
                               package.manifest().picture.channels)) {}

at::Tensor Decoder::operator()(const at::Tensor& x, const at::Tensor& t,
                               const at::Tensor& image_embedding, const TextStates& text,
                               const at::Tensor& sketch) {
  std::vector<c10::IValue> inputs = {
      x, t, image_embedding, text.embedding, text.token_states, text.mask};
  if (sketch.defined()) inputs.emplace_back(sketch);
  return network_.forward(std::move(inputs), {with_channels(x, outputs_)}).front();
}

Upsampler::Upsampler(const ModelPackage& package, std::size_t index, Placement placement,
                     bool one_at_a_time)
    : package_(package),
      placement_(placement),
      one_at_a_time_(one_at_a_time),
      steps_{"networks.upsamplers[" + std::to_string(index) + "]",
             upsampler_spec(package, index).file,
             {}},
      last_step_{steps_.path + ".last_step", upsampler_spec(package, index).last_step_file, {}},
      outputs_(
          output_channels(upsampler_spec(package, index), package.manifest().picture.channels)) {
  loaded(steps_, last_step_);
  if (!one_at_a_time_ && !last_step_.file.empty()) loaded(last_step_, steps_);
}

Network& Upsampler::loaded(Part& part, Part& other) {
  if (one_at_a_time_) other.network.reset();
  if (!part.network) {
    part.network =
        std::make_unique<Network>(package_, part.path, part.file, placement_, kConvolutional);
  }
  return *part.network;
}

at::Tensor Upsampler::operator()(const at::Tensor& x, const at::Tensor& t,
                                 const at::Tensor& low_res, bool last_step) {
  Network& network = last_step && !last_step_.file.empty() ? loaded(last_step_, steps_)
                                                           : loaded(steps_, last_step_);
  return network.forward({x, t, low_res}, {with_channels(x, outputs_)}).front();
}

Classifier::Classifier(const ModelPackage& package, Placement placement)
    : network_(package, "networks.classifier",
               require(package.manifest().networks.classifier, package, "classifier").file,
               placement, {.channels_last = true, .differentiable = true}),
      embedding_width_(package.manifest().embedding.width) {}

at::Tensor Classifier::embedding(const at::Tensor& x_t, const at::Tensor& t) {
  return network_.forward({x_t, t}, {{x_t.size(0), embedding_width_}}).front();
}

ImageEncoder::ImageEncoder(const ModelPackage& package, Placement placement)
    : network_(package, "networks.image_encoder",
               require(package.manifest().networks.image_encoder, package, "image encoder").file,
               placement, kConvolutional),
      embedding_width_(package.manifest().embedding.width) {}

at::Tensor ImageEncoder::operator()(const at::Tensor& x0) {
  return network_.forward({x0}, {{x0.size(0), embedding_width_}}).front();
}

}  // namespace dalle2::model
