#include "model/manifest.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/sha256.h"
#include "model/json_object.h"
#include "model/manifest_check.h"
#include "model/manifest_networks.h"

namespace dalle2::model {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;  // of model.json
constexpr std::int64_t kMaxTokens = 4096;
constexpr std::int64_t kMaxWidth = 65536;
constexpr int kMaxSteps = 1000;
constexpr int kMaxCandidates = 64;
constexpr double kMaxScale = 100.0;

struct TokenizerFiles {
  std::string_view kind;
  std::vector<std::string> files;
};

const std::array<TokenizerFiles, 2>& tokenizer_table() {
  static const std::array<TokenizerFiles, 2> table = {{
      {"sentencepiece", {"tokenizer.model"}},
      {"clip_bpe", {"vocab.json", "merges.txt"}},
  }};
  return table;
}

/// Newer formats may have any shape, so this comes before everything else.
void check_version(JsonObject& json) {
  const std::int64_t version = json.integer("format_version", 1);
  if (version > kFormatVersion) {
    json.fail("format_version", "this package has format " + std::to_string(version) +
                                    " and needs a newer dalle2; this one reads up to " +
                                    std::to_string(kFormatVersion));
  }
}

std::string parse_name(JsonObject& json) {
  std::string name = json.text("name");
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (!plain || name.front() == '.' || name.front() == '-') {
    json.fail("name", "\"" + name +
                          "\" must be made of letters, digits, \"-\", \"_\" and \".\" and begin "
                          "with a letter or digit");
  }
  return name;
}

TokenizerSpec parse_tokenizer(JsonObject json) {
  TokenizerSpec tokenizer;
  std::vector<std::string_view> kinds;
  for (const TokenizerFiles& row : tokenizer_table()) kinds.push_back(row.kind);
  tokenizer.kind = json.choice("kind", kinds);
  tokenizer.max_length = static_cast<int>(json.integer("max_length", 1, kMaxTokens));
  if (json.has("pad_id")) tokenizer.pad_id = json.integer("pad_id", 0);
  if (json.has("add_bos")) tokenizer.add_bos = json.boolean("add_bos");
  if (json.has("add_eos")) tokenizer.add_eos = json.boolean("add_eos");
  json.finish();
  return tokenizer;
}

/// One number for all, or one each.
std::vector<float> parse_per_dimension(JsonObject& json, const std::string& key,
                                       std::size_t width) {
  if (json.value(key).is_number()) {
    const double limit = std::numeric_limits<float>::max();
    return std::vector<float>(width, static_cast<float>(json.number(key, -limit, limit)));
  }
  const std::vector<double> numbers = json.numbers(key, width);
  return std::vector<float>(numbers.begin(), numbers.end());
}

EmbeddingSpec parse_embedding(JsonObject json) {
  EmbeddingSpec embedding;
  embedding.width = json.integer("width", 1, kMaxWidth);
  const auto width = static_cast<std::size_t>(embedding.width);
  embedding.mean = parse_per_dimension(json, "mean", width);
  embedding.std = parse_per_dimension(json, "std", width);
  const bool positive = std::all_of(embedding.std.begin(), embedding.std.end(),
                                    [](float deviation) { return deviation > 0.0F; });
  if (!positive) json.fail("std", "must all be above 0");
  json.finish();
  return embedding;
}

PictureSpec parse_picture(JsonObject json) {
  PictureSpec picture;
  picture.channels = static_cast<int>(json.integer("channels", 3, 4));
  picture.size = static_cast<int>(json.integer("size", 8, 4096));
  constexpr std::array<std::string_view, 2> kAlpha = {"none", "premultiplied"};
  const std::string_view fitting = kAlpha[picture.channels == 4 ? 1 : 0];
  if (json.choice("alpha", kAlpha) != fitting) {
    json.fail("alpha", "must be \"" + std::string(fitting) + "\" with " +
                           std::to_string(picture.channels) + " channels");
  }
  json.finish();
  return picture;
}

void parse_stage(JsonObject& json, StageDefaults& stage) {
  stage.sampler = json.text("sampler");
  stage.steps = static_cast<int>(json.integer("steps", 1, kMaxSteps));
  stage.eta = json.number("eta", 0.0, 1.0);
}

Defaults parse_defaults(JsonObject json) {
  Defaults defaults;
  JsonObject prior = json.object("prior");
  parse_stage(prior, defaults.prior);
  defaults.prior.guidance = prior.number("guidance", 0.0, kMaxScale);
  defaults.prior.candidates = static_cast<int>(prior.integer("candidates", 1, kMaxCandidates));
  prior.finish();

  JsonObject decoder = json.object("decoder");
  parse_stage(decoder, defaults.decoder);
  defaults.decoder.guidance = decoder.number("guidance", 0.0, kMaxScale);
  defaults.decoder.classifier_scale = decoder.number("classifier_scale", 0.0, kMaxScale);
  const std::vector<double> interval = decoder.numbers("guidance_interval", 2);
  if (!(0.0 <= interval[0] && interval[0] <= interval[1] && interval[1] <= 1.0)) {
    decoder.fail("guidance_interval", "must be [begin, end] with 0 <= begin <= end <= 1");
  }
  defaults.decoder.guidance_begin = interval[0];
  defaults.decoder.guidance_end = interval[1];
  decoder.finish();

  if (json.has("upsampler")) {
    JsonObject upsampler = json.object("upsampler");
    parse_stage(upsampler, defaults.upsampler.emplace());
    upsampler.finish();
  }
  defaults.size = static_cast<int>(json.integer("size", 1));
  for (auto& [key, prompt] :
       {std::pair<std::string, std::string*>("transparent_prompt", &defaults.transparent_prompt),
        {"opaque_prompt", &defaults.opaque_prompt}}) {
    if (!json.has(key)) continue;
    *prompt = json.text(key);
    if (prompt->find("{prompt}") == std::string::npos) json.fail(key, "must hold {prompt}");
  }
  json.finish();
  return defaults;
}

std::map<std::string, FileEntry> parse_files(JsonObject json, const Json& names) {
  std::map<std::string, FileEntry> files;
  for (const auto& [name, unused] : names.items()) {
    // A name is joined to the folder's path, so it must not lead out of it.
    if (name.empty() || name.front() == '.' || name == "model.json" ||
        name.find_first_of(std::string("/\\\0", 3)) != std::string::npos) {
      json.fail(name, "is not the plain name of a file of the package");
    }
    JsonObject entry = json.object(name);
    FileEntry& file = files[name];
    file.size = static_cast<std::uint64_t>(entry.integer("size", 0));
    file.sha256 = entry.text("sha256");
    const bool is_hash = file.sha256.size() == 64 &&
                         file.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!is_hash) entry.fail("sha256", "must be 64 lower-case hexadecimal digits");
    entry.finish();
  }
  return files;
}

}  // namespace

std::vector<std::string> tokenizer_files(const TokenizerSpec& tokenizer) {
  for (const TokenizerFiles& row : tokenizer_table()) {
    if (row.kind == tokenizer.kind) return row.files;
  }
  return {};
}

std::map<std::string, std::string> network_files(const Networks& networks) {
  std::map<std::string, std::string> files = {{"networks.text_encoder", networks.text_encoder.file},
                                              {"networks.prior", networks.prior.file},
                                              {"networks.decoder", networks.decoder.file}};
  for (std::size_t i = 0; i < networks.upsamplers.size(); ++i) {
    const std::string path = "networks.upsamplers[" + std::to_string(i) + "]";
    files[path] = networks.upsamplers[i].file;
    if (!networks.upsamplers[i].last_step_file.empty()) {
      files[path + ".last_step"] = networks.upsamplers[i].last_step_file;
    }
  }
  if (networks.compositor) files["networks.compositor"] = networks.compositor->file;
  if (networks.classifier) files["networks.classifier"] = networks.classifier->file;
  if (networks.image_encoder) files["networks.image_encoder"] = networks.image_encoder->file;
  return files;
}

Manifest parse_manifest(std::string_view text, std::string_view origin) {
  const Json json = parse_json(text, origin, ErrorKind::kModel);
  JsonObject root(json, "", std::string(origin));
  check_version(root);
  Manifest manifest;
  manifest.name = parse_name(root);
  manifest.title = root.text("title");
  manifest.licence = root.text("licence");
  manifest.tokenizer = parse_tokenizer(root.object("tokenizer"));
  manifest.embedding = parse_embedding(root.object("embedding"));
  manifest.picture = parse_picture(root.object("picture"));
  manifest.networks = parse_networks(root.object("networks"), manifest.embedding.width);
  manifest.defaults = parse_defaults(root.object("defaults"));
  manifest.files = parse_files(root.object("files"), root.value("files"));
  root.finish();
  check_parts_fit(manifest, origin);
  manifest.sha256 = sha256_hex(text);
  return manifest;
}

Manifest load_manifest(const std::filesystem::path& path) {
  return parse_manifest(read_file(path, ErrorKind::kModel, kMaxBytes), path.string());
}

}  // namespace dalle2::model
