#include "cli/embedding_file.h"

#include "base/json.h"

namespace dalle2::cli {
namespace {

constexpr char kFormat[] = "dalle2-embedding";
constexpr int kVersion = 1;
constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;

}  // namespace

EmbeddingFile read_embedding(const std::filesystem::path& path) {
  const Json json = read_json(path, ErrorKind::kUsage, kMaxBytes);
  const auto fail = [&](const std::string& reason) {
    throw Error(ErrorKind::kUsage, path.string() + ": " + reason);
  };
  if (!json.is_object() || json.value("format", Json()) != kFormat) {
    fail("is not an embedding: \"format\" has to be \"" + std::string(kFormat) + "\"");
  }
  if (json.value("version", Json()) != kVersion) {
    fail("\"version\" has to be " + std::to_string(kVersion));
  }
  EmbeddingFile file;
  try {
    json.at("model").get_to(file.model);
    json.at("model_hash").get_to(file.model_hash);
    json.at("embedding").get_to(file.embedding);
  } catch (const Json::exception&) {
    fail("needs the texts \"model\" and \"model_hash\" and the list of numbers \"embedding\"");
  }
  return file;
}

void write_embedding(const std::filesystem::path& path, const EmbeddingFile& file,
                     IfExists if_exists) {
  const Json json = {{"format", kFormat},
                     {"version", kVersion},
                     {"model", file.model},
                     {"model_hash", file.model_hash},
                     {"embedding", file.embedding}};
  write_file(path, json.dump() + "\n", if_exists);
}

void check_embedding_model(const std::string& origin, const std::string& model_hash,
                           const PictureSettings& settings) {
  if (model_hash.empty() || model_hash == settings.model_hash) return;
  throw Error(ErrorKind::kUsage, origin + ": was made by another model than \"" + settings.model +
                                     "\" (" + model_hash.substr(0, 10) + ", not " +
                                     settings.model_hash.substr(0, 10) + ")");
}

}  // namespace dalle2::cli
