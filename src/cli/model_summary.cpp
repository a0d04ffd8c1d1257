#include "cli/model_summary.h"

#include <sstream>

namespace dalle2::cli {
namespace {

constexpr std::uint64_t kMegabyte = 1'000'000;

std::string megabytes(std::uint64_t bytes) {
  if (bytes < kMegabyte) return std::to_string((bytes + 999) / 1000) + " kB";
  return std::to_string((bytes + kMegabyte / 2) / kMegabyte) + " MB";
}

template <class Items>
std::string joined(const Items& items, const char* separator) {
  std::ostringstream out;
  bool first = true;
  for (const auto& item : items) {
    out << (first ? "" : separator) << item;
    first = false;
  }
  return out.str();
}

Json stage_json(const model::StageDefaults& stage) {
  return {{"sampler", stage.sampler}, {"steps", stage.steps}, {"eta", stage.eta}};
}

}  // namespace

ModelSummary summarize_model(const std::filesystem::path& folder) {
  ModelSummary summary{folder, model::load_manifest(folder / "model.json"), 0, {}, {}};
  const model::Manifest& manifest = summary.manifest;
  for (const auto& [name, entry] : manifest.files) summary.bytes += entry.size;
  for (const auto& [path, file] : model::network_files(manifest.networks)) {
    summary.parts.push_back(path.substr(path.find('.') + 1));
  }
  summary.sizes.push_back(manifest.picture.size);
  for (const model::UpsamplerSpec& upsampler : manifest.networks.upsamplers) {
    summary.sizes.push_back(upsampler.output_size);
  }
  return summary;
}

Json to_json(const ModelSummary& summary) {
  const model::Manifest& manifest = summary.manifest;
  const model::Defaults& defaults = manifest.defaults;
  Json decoder = stage_json(defaults.decoder);
  decoder["guidance"] = defaults.decoder.guidance;
  decoder["classifier_scale"] = defaults.decoder.classifier_scale;
  Json prior = stage_json(defaults.prior);
  prior["guidance"] = defaults.prior.guidance;
  prior["candidates"] = defaults.prior.candidates;
  Json json = {{"name", manifest.name},
               {"title", manifest.title},
               {"licence", manifest.licence},
               {"folder", summary.folder.string()},
               {"model_hash", manifest.sha256},
               {"bytes", summary.bytes},
               {"networks", summary.parts},
               {"sizes", summary.sizes},
               {"channels", manifest.picture.channels},
               {"tokenizer", manifest.tokenizer.kind},
               {"max_tokens", manifest.tokenizer.max_length},
               {"defaults", {{"size", defaults.size}, {"prior", prior}, {"decoder", decoder}}}};
  if (defaults.upsampler) json["defaults"]["upsampler"] = stage_json(*defaults.upsampler);
  return json;
}

std::string to_text(const ModelSummary& summary) {
  const model::Manifest& manifest = summary.manifest;
  const model::Defaults& defaults = manifest.defaults;
  std::ostringstream out;
  out << manifest.name << ": " << manifest.title << "\n"
      << "  folder     " << summary.folder.string() << "\n"
      << "  licence    " << manifest.licence << "\n"
      << "  hash       " << manifest.sha256 << "\n"
      << "  files      " << manifest.files.size() << ", " << megabytes(summary.bytes) << "\n"
      << "  networks   " << joined(summary.parts, ", ") << "\n"
      << "  pictures   " << joined(summary.sizes, ", ") << " pixels, "
      << (manifest.picture.premultiplied_alpha() ? "transparency possible" : "opaque") << "\n"
      << "  prompts    up to " << manifest.tokenizer.max_length << " tokens ("
      << manifest.tokenizer.kind << ")\n"
      << "  prior      " << defaults.prior.steps << " steps of " << defaults.prior.sampler
      << ", guidance " << defaults.prior.guidance << "\n"
      << "  decoder    " << defaults.decoder.steps << " steps of " << defaults.decoder.sampler
      << ", guidance " << defaults.decoder.guidance << ", classifier scale "
      << defaults.decoder.classifier_scale << "\n";
  if (defaults.upsampler) {
    out << "  upsampler  " << defaults.upsampler->steps << " steps of "
        << defaults.upsampler->sampler << "\n";
  }
  return out.str();
}

}  // namespace dalle2::cli
