#include "image/parameters.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/json.h"

namespace dalle2::image {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kNegativePrompt = "Negative prompt: ";
constexpr std::string_view kFirstSetting = "Steps";
constexpr std::size_t kEnoughSettings = 3;

std::string quoted(const std::string& value) {
  const bool plain = value.find_first_of(",:\"\n\r") == std::string::npos && !value.empty() &&
                     value.front() != ' ' && value.back() != ' ';
  return plain ? value : Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_key_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
         std::string_view("_ -/.()").find(c) != std::string_view::npos;
}

std::string_view trim_left(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

// Takes a quoted or plain value off the front, up to the comma behind it. Nothing when it is
// neither.
std::optional<std::string> take_value(std::string_view* rest) {
  if (!rest->starts_with('"')) {
    const std::string_view value = rest->substr(0, rest->find(','));
    rest->remove_prefix(value.size());
    return std::string(value.substr(0, value.find_last_not_of(' ') + 1));
  }
  std::size_t end = 1;
  while (end < rest->size() && (*rest)[end] != '"') end += (*rest)[end] == '\\' ? 2 : 1;
  if (end >= rest->size()) return std::nullopt;
  const Json value = Json::parse(rest->substr(0, end + 1), nullptr, false);
  if (!value.is_string()) return std::nullopt;
  *rest = trim_left(rest->substr(end + 1));
  return value.get<std::string>();
}

// Nothing unless the whole line is "key: value, key: value…".
std::optional<Settings> parse_settings(std::string_view rest) {
  Settings settings;
  while (!(rest = trim_left(rest)).empty()) {
    const std::size_t colon = rest.find(':');
    const std::string_view key = rest.substr(0, colon);
    if (colon == std::string_view::npos || key.empty()) return std::nullopt;
    if (!std::all_of(key.begin(), key.end(), is_key_character)) return std::nullopt;
    rest = trim_left(rest.substr(colon + 1));
    const auto value = take_value(&rest);
    if (!value || (!rest.empty() && rest.front() != ',')) return std::nullopt;
    settings.emplace_back(key, *value);
    rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
  }
  // A prompt may look like a setting or two.
  const bool certain = !settings.empty() && (settings.front().first == kFirstSetting ||
                                             settings.size() >= kEnoughSettings);
  return certain ? std::optional(settings) : std::nullopt;
}

// Where the last line starts.
std::size_t last_line(std::string_view text) {
  const std::size_t newline = text.rfind('\n');
  return newline == std::string_view::npos ? 0 : newline + 1;
}

// Without the line break that joins it to what follows.
std::string_view chop(std::string_view text) {
  return text.ends_with('\n') ? text.substr(0, text.size() - 1) : text;
}

}  // namespace

std::string format_parameters(const Parameters& parameters) {
  std::string text = parameters.prompt;
  if (!parameters.negative_prompt.empty()) {
    text += "\n" + std::string(kNegativePrompt) + parameters.negative_prompt;
  }
  std::string separator = "\n";
  for (const auto& [key, value] : parameters.settings) {
    text += separator + key + ": " + quoted(value);
    separator = ", ";
  }
  return text;
}

Parameters parse_parameters(std::string_view text) {
  Parameters parameters;
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (auto settings = parse_settings(text.substr(last_line(text)))) {
    parameters.settings = std::move(*settings);
    text = chop(text.substr(0, last_line(text)));
  }
  std::size_t negative = text.starts_with(kNegativePrompt) ? 0 : std::string_view::npos;
  if (const std::size_t found = text.find("\n" + std::string(kNegativePrompt));
      found != std::string_view::npos) {
    negative = std::min(negative, found + 1);
  }
  if (negative != std::string_view::npos) {
    parameters.negative_prompt = text.substr(negative + kNegativePrompt.size());
    text = chop(text.substr(0, negative));
  }
  parameters.prompt = text;
  return parameters;
}

}  // namespace dalle2::image
