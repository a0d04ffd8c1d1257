#include "cli/picture_source.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/files.h"
#include "base/sha256.h"
#include "cli/embedding_file.h"
#include "image/codec.h"
#include "options/check.h"

namespace dalle2::cli {
namespace {

constexpr std::size_t kMaxPictureBytes = std::size_t{1} << 30;

bool names_file(const std::string& argument) {
  std::error_code ignored;
  return argument == kStandardInput || std::filesystem::exists(argument, ignored) ||
         image::format_of(argument) != nullptr;
}

}  // namespace

std::string input_name(const std::string& path) {
  return path == kStandardInput ? "standard input" : path;
}

std::string read_picture_bytes(const std::string& path) {
  return path == kStandardInput ? read_standard_input(kMaxPictureBytes)
                                : read_file(path, ErrorKind::kUsage, kMaxPictureBytes);
}

void require_one_standard_input(const options::Settings& settings) {
  const auto& arguments = settings.arguments;
  const auto count = std::ranges::count(arguments, kStandardInput) +
                     (settings.edit.init == kStandardInput) +
                     (settings.edit.mask == kStandardInput);
  if (count <= 1) return;
  throw Error(ErrorKind::kUsage,
              "- is given " + std::to_string(count) +
                  " times, and standard input can be read once; give files for the others");
}

PictureSource read_picture(const std::string& path) {
  const std::string bytes = read_picture_bytes(path);
  try {
    return {image::decode(bytes), {{"picture", path}, {"sha256", sha256_hex(bytes)}}};
  } catch (const Error&) {
    rethrow_with_context(input_name(path));
  }
}

IngredientSource read_ingredient(const std::string& argument) {
  if (argument.ends_with(".json")) {
    EmbeddingFile file = read_embedding(argument);
    return {{std::move(file.embedding)}, {{"embedding", argument}}, std::move(file.model_hash)};
  }
  if (names_file(argument)) {
    PictureSource source = read_picture(argument);
    return {{std::move(source.picture)}, std::move(source.description), {}};
  }
  options::check_prompt(argument, "prompt");
  return {{argument}, {{"prompt", argument}}, {}};
}

}  // namespace dalle2::cli
