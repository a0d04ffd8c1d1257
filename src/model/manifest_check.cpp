#include "model/manifest_check.h"

#include <string>

#include "base/error.h"

namespace dalle2::model {
namespace {

class Checker {
 public:
  Checker(const Manifest& manifest, std::string_view origin)
      : manifest_(manifest), origin_(origin) {}

  void check() const {
    check_files();
    check_sizes();
    check_compositor();
    check_steps();
    check_defaults();
  }

 private:
  [[noreturn]] void fail(const std::string& path, const std::string& problem) const {
    throw Error(ErrorKind::kModel, origin_ + ": " + path + ": " + problem);
  }

  void check_files() const {
    for (const auto& [path, file] : network_files(manifest_.networks)) {
      if (!manifest_.files.contains(file)) {
        fail(path, "its file \"" + file + "\" is not among \"files\"");
      }
    }
    for (const std::string& file : tokenizer_files(manifest_.tokenizer)) {
      if (!manifest_.files.contains(file)) {
        fail("tokenizer", "a " + manifest_.tokenizer.kind + " tokenizer is made of \"" + file +
                              "\", which is not among \"files\"");
      }
    }
  }

  void check_sizes() const {
    int size = manifest_.picture.size;
    for (std::size_t i = 0; i < manifest_.networks.upsamplers.size(); ++i) {
      const UpsamplerSpec& upsampler = manifest_.networks.upsamplers[i];
      if (upsampler.input_size != size) {
        fail(upsampler_path(i) + ".input_size", "is " + std::to_string(upsampler.input_size) +
                                                    ", but the pictures that come in are " +
                                                    std::to_string(size) + " pixels wide");
      }
      size = upsampler.output_size;
    }
  }

  void check_compositor() const {
    const Networks& networks = manifest_.networks;
    if (!networks.compositor) return;
    if (!networks.image_encoder) {
      fail("networks.compositor", "needs an image encoder, which embeds what it makes");
    }
    if (networks.image_encoder->size != manifest_.picture.size) {
      fail("networks.image_encoder.size",
           "is " + std::to_string(networks.image_encoder->size) + ", but the compositor makes " +
               std::to_string(manifest_.picture.size) + " pixels, as the decoder");
    }
  }

  void check_steps() const {
    const Networks& networks = manifest_.networks;
    check_steps("defaults.prior.steps", manifest_.defaults.prior, networks.prior);
    check_steps("defaults.decoder.steps", manifest_.defaults.decoder, networks.decoder);
    if (!manifest_.defaults.upsampler) return;
    for (const UpsamplerSpec& upsampler : networks.upsamplers) {
      check_steps("defaults.upsampler.steps", *manifest_.defaults.upsampler, upsampler);
    }
  }

  void check_steps(const std::string& path, const StageDefaults& stage,
                   const DiffusionSpec& network) const {
    if (stage.steps > network.schedule.num_timesteps) {
      fail(path, "is " + std::to_string(stage.steps) + ", but the network has only " +
                     std::to_string(network.schedule.num_timesteps) + " timesteps");
    }
  }

  void check_defaults() const {
    const Defaults& defaults = manifest_.defaults;
    const Networks& networks = manifest_.networks;
    if (!networks.upsamplers.empty() && !defaults.upsampler) {
      fail("defaults.upsampler", "is missing, though there is an upsampler");
    }
    if (networks.upsamplers.empty() && defaults.upsampler) {
      fail("defaults.upsampler", "is given, though there is no upsampler");
    }
    if (defaults.decoder.classifier_scale > 0.0 && !networks.classifier) {
      fail("defaults.decoder.classifier_scale", "is above 0, though there is no classifier");
    }
    bool known_size = defaults.size == manifest_.picture.size;
    for (const UpsamplerSpec& upsampler : networks.upsamplers) {
      known_size = known_size || defaults.size == upsampler.output_size;
    }
    if (!known_size) {
      fail("defaults.size", "is " + std::to_string(defaults.size) +
                                ", which neither the decoder nor an upsampler makes");
    }
  }

  static std::string upsampler_path(std::size_t index) {
    return "networks.upsamplers[" + std::to_string(index) + "]";
  }

  const Manifest& manifest_;
  std::string origin_;
};

}  // namespace

void check_parts_fit(const Manifest& manifest, std::string_view origin) {
  Checker(manifest, origin).check();
}

}  // namespace dalle2::model
