#include <filesystem>
#include <sstream>
#include <string>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/model_summary.h"
#include "cli/picture_metadata.h"
#include "cli/picture_source.h"
#include "cli/standard_output.h"
#include "image/codec.h"
#include "image/metadata.h"
#include "image/parameters.h"
#include "model/find.h"

namespace dalle2::cli {
namespace {

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// One "key: value" a line, values in a column.
std::string lines_of(const Json& object) {
  constexpr std::size_t kColumn = 18;
  std::ostringstream out;
  for (const auto& [key, value] : object.items()) {
    out << key << ":" << std::string(key.size() + 1 < kColumn ? kColumn - key.size() - 1 : 1, ' ')
        << text_of(value) << "\n";
  }
  return out.str();
}

Json parameters_json(const std::string& text) {
  const image::Parameters parameters = image::parse_parameters(text);
  Json json = {{"prompt", parameters.prompt}};
  if (!parameters.negative_prompt.empty()) json["negative_prompt"] = parameters.negative_prompt;
  for (const auto& [key, value] : parameters.settings) json[key] = value;
  return json;
}

/// What is stored in a picture: settings of this program, else the parameters of another.
Json picture_json(const std::string& file) {
  const std::string bytes = read_picture_bytes(file);
  image::Metadata metadata;
  try {
    metadata = image::read_metadata(bytes);
  } catch (const Error&) {
    rethrow_with_context(input_name(file));
  }
  if (const std::string* text = image::find_text(metadata, kSettingsKey)) {
    return parse_json(*text, input_name(file), ErrorKind::kUsage);
  }
  if (const std::string* text = image::find_text(metadata, kParametersKey)) {
    return parameters_json(*text);
  }
  throw Error(ErrorKind::kUsage,
              input_name(file) + ": no prompt or settings are stored in this picture");
}

/// A folder, or the name of an installed model that is no file here.
bool is_model(const std::string& argument) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (argument == kStandardInput) return false;
  if (fs::is_directory(argument, ignored)) return true;
  if (fs::exists(argument, ignored)) return false;
  for (const fs::path& folder : model::installed_models()) {
    if (folder.filename() == argument) return true;
  }
  return false;
}

}  // namespace

int run_info(const options::Invocation& invocation) {
  const std::string& argument = invocation.settings.arguments.front();
  const bool json = invocation.settings.ui.json;
  if (is_model(argument)) {
    const ModelSummary summary = summarize_model(model::find_model(argument));
    print(json ? to_json(summary).dump() + "\n" : to_text(summary));
    return kSuccess;
  }
  const Json stored = picture_json(argument);
  print(json ? stored.dump() + "\n" : lines_of(stored));
  return kSuccess;
}

}  // namespace dalle2::cli
