#include "pipeline/noise_file.h"

#include <cstring>
#include <string_view>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/sha256.h"
#include "diffusion/samplers.h"
#include "pipeline/upsampler_stage.h"

namespace dalle2::pipeline {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 30;
constexpr std::size_t kLengthBytes = 8;

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorKind::kUsage, sentence); }

std::string to_string(at::IntArrayRef shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

std::string tensor_name(const std::string& stage, std::int64_t draw) {
  return stage + "." + std::to_string(draw);
}

/// One entry of the header of a safetensors file; `data` is what follows the header.
at::Tensor read_tensor(const Json& entry, std::string_view data, const std::string& where) {
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::vector<std::uint64_t> range;
  try {
    entry.at("dtype").get_to(dtype);
    entry.at("shape").get_to(shape);
    entry.at("data_offsets").get_to(range);
  } catch (const Json::exception&) {
    refuse(where + " lacks a dtype, a shape or data_offsets");
  }
  if (dtype != "F32") refuse(where + " has the type " + dtype + "; noise is F32");
  const bool inside = range.size() == 2 && range[0] <= range[1] && range[1] <= data.size();
  if (!inside) refuse(where + " lies outside of the file, which is cut short or damaged");
  std::uint64_t bytes = sizeof(float);
  for (const std::int64_t size : shape) {
    if (size < 1 || bytes > kMaxBytes / static_cast<std::uint64_t>(size)) {
      refuse(where + " has the impossible shape " + to_string(shape));
    }
    bytes *= static_cast<std::uint64_t>(size);
  }
  if (range[1] - range[0] != bytes) {
    refuse(where + " has " + std::to_string(range[1] - range[0]) + " bytes; its shape " +
           to_string(shape) + " takes " + std::to_string(bytes));
  }
  at::Tensor tensor = at::empty(shape, at::kFloat);
  std::memcpy(tensor.data_ptr<float>(), data.data() + range[0], bytes);
  return tensor;
}

std::map<std::string, at::Tensor> read_safetensors(std::string_view bytes,
                                                   const std::string& path) {
  std::uint64_t length = 0;
  if (bytes.size() >= kLengthBytes) {
    for (std::size_t i = kLengthBytes; i-- > 0;) {
      length = length << 8 | static_cast<unsigned char>(bytes[i]);
    }
  }
  if (bytes.size() < kLengthBytes || length > bytes.size() - kLengthBytes) {
    refuse(path + ": is not a safetensors file, or is cut short");
  }
  const Json header =
      parse_json(std::string(bytes.substr(kLengthBytes, length)), path, ErrorKind::kUsage);
  if (!header.is_object()) refuse(path + ": is not a safetensors file");
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    tensors[name] = read_tensor(entry, bytes.substr(kLengthBytes + length), path + ": " + name);
  }
  return tensors;
}

/// Rows of a file's tensors, in the order of their names.
class NoiseOfStage : public diffusion::NoiseSource {
 public:
  explicit NoiseOfStage(std::vector<at::Tensor> draws) : draws_(std::move(draws)) {}

  at::Tensor normal(at::IntArrayRef shape) override {
    if (next_ == draws_.size() || draws_[next_].sizes().slice(1) != shape) {
      refuse("the file of --noise has no noise of shape " + to_string(shape) + " for draw " +
             std::to_string(next_) + " of a stage");
    }
    return draws_[next_++];
  }

 private:
  std::vector<at::Tensor> draws_;
  std::size_t next_ = 0;
};

std::int64_t draws_of(std::string_view sampler, double eta, std::int64_t steps) {
  const diffusion::SamplerInfo& info = diffusion::find_sampler(sampler);
  const bool noisy = info.stochastic || (info.takes_eta && eta > 0.0);
  return noisy ? steps : 1;  // the last step adds none
}

}  // namespace

std::string upsampler_stage(const model::UpsamplerSpec& spec) {
  return "upsampler_" + std::to_string(spec.output_size);
}

NoiseFile::NoiseFile(const std::filesystem::path& path) : path_(path.string()) {
  const std::string bytes = read_file(path, ErrorKind::kUsage, kMaxBytes);
  sha256_ = sha256_hex(bytes);
  tensors_ = read_safetensors(bytes, path_);
}

std::string NoiseFile::source() const {
  return Json{{"noise", {{"file", path_}, {"sha256", sha256_}}}}.dump();
}

std::unique_ptr<diffusion::NoiseSource> NoiseFile::rows(const std::string& stage,
                                                        std::int64_t begin, std::int64_t end,
                                                        at::Device device) const {
  std::vector<at::Tensor> draws;
  for (auto found = tensors_.find(tensor_name(stage, 0)); found != tensors_.end();
       found = tensors_.find(tensor_name(stage, static_cast<std::int64_t>(draws.size())))) {
    draws.push_back(found->second.slice(0, begin, end).to(device));
  }
  return std::make_unique<NoiseOfStage>(std::move(draws));
}

void NoiseFile::check_stage(const std::string& stage, std::int64_t draws,
                            const std::vector<std::int64_t>& shape) const {
  for (std::int64_t draw = 0; draw < draws; ++draw) {
    const std::string name = tensor_name(stage, draw);
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      refuse(path_ + ": has no " + name + "; these settings take " + tensor_name(stage, 0) +
             (draws > 1 ? " to " + tensor_name(stage, draws - 1) : ""));
    }
    const at::IntArrayRef there = found->second.sizes();
    if (there.size() != shape.size() || there.front() < shape.front() ||
        there.slice(1) != at::IntArrayRef(shape).slice(1)) {
      refuse(path_ + ": " + name + " has the shape " + to_string(there) + "; " + to_string(shape) +
             " is needed, a row for each picture");
    }
  }
}

void NoiseFile::check(const PictureSettings& s, const model::Manifest& manifest,
                      std::int64_t pictures, bool with_prior) const {
  if (s.best_of > 1) refuse("--noise has one row for each picture: it goes without --best-of");
  if (with_prior) {
    if (s.prior_candidates > 1) {
      refuse("--noise has one row for each picture: it goes with --prior-candidates 1");
    }
    const model::StageDefaults& stage = manifest.defaults.prior;
    check_stage("prior", draws_of(stage.sampler, stage.eta, s.prior_steps),
                {pictures, manifest.networks.prior.width});
  }
  check_stage("decoder", draws_of(s.sampler, s.eta, s.steps),
              {pictures, manifest.picture.channels, manifest.picture.size, manifest.picture.size});
  int size = manifest.picture.size;
  for (const model::UpsamplerSpec& spec : manifest.networks.upsamplers) {
    if (size >= s.width) break;
    size = spec.output_size;
    const model::StageDefaults& stage = *manifest.defaults.upsampler;
    const auto steps =
        static_cast<std::int64_t>(upsampler_timesteps(spec, s.upsampler_steps).size());
    check_stage(upsampler_stage(spec), draws_of(stage.sampler, stage.eta, steps),
                {pictures, manifest.picture.channels, size, size});
  }
}

}  // namespace dalle2::pipeline
