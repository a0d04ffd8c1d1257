#include "options/request_json.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "options/suggest.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

[[noreturn]] void fail(std::string_view origin, const std::string& reason) {
  throw Error(ErrorKind::kUsage, std::string(origin) + ": " + reason);
}

const Option* request_option(std::string_view key) {
  for (const Option& option : option_table()) {
    if (option.in_request && option.json_key() == key) return &option;
  }
  return nullptr;
}

[[noreturn]] void fail_unknown_key(std::string_view origin, const std::string& key) {
  std::vector<std::string> names = {"prompt"};
  for (const Option& option : option_table()) {
    if (option.in_request) names.push_back(option.json_key());
  }
  fail(origin, "unknown key '" + key + "'" + suggestion(key, names));
}

/// The JSON value as the type that the option's domain holds.
Value value_of(const Option& option, const Json& json, std::string_view where) {
  if (std::holds_alternative<Integer>(option.domain)) {
    if (json.is_number_unsigned()) return json.get<std::uint64_t>();
    // -1, 2.5: parse_value says what is wrong with them.
    if (json.is_number()) return parse_value(option.domain, json.dump(), where);
    fail(where, "expected a whole number, " + describe(option.domain));
  }
  if (std::holds_alternative<Real>(option.domain)) {
    if (!json.is_number()) fail(where, "expected a number, " + describe(option.domain));
    return json.get<double>();
  }
  if (option.is_flag()) {
    if (!json.is_boolean()) fail(where, "expected true or false");
    return json.get<bool>();
  }
  if (!json.is_string()) fail(where, "expected a text");
  return json.get<std::string>();
}

std::string where_of(std::string_view origin, const std::string& key) {
  return std::string(origin) + ": " + key;
}

template <class T>
T required(const Json& json, const char* key, std::string_view origin) {
  const auto found = json.find(key);
  if (found == json.end()) fail(origin, std::string("'") + key + "' is missing");
  try {
    return found->template get<T>();
  } catch (const Json::exception&) {
    fail(where_of(origin, key), "has the wrong type");
  }
}

/// A field of PictureSettings that a request has no place for.
template <class Field>
struct Extra {
  const char* key;
  Field PictureSettings::*field;
};

constexpr Extra<int> kExtraNumbers[] = {{"width", &PictureSettings::width},
                                        {"height", &PictureSettings::height}};
constexpr Extra<std::string> kExtraTexts[] = {{"model", &PictureSettings::model},
                                              {"model_hash", &PictureSettings::model_hash},
                                              {"device", &PictureSettings::device},
                                              {"dtype", &PictureSettings::dtype}};

constexpr char kSource[] = "source";

}  // namespace

Json request_to_json(const GenerateRequest& request) {
  Settings settings;
  settings.request = request;
  Json json = {{"prompt", request.prompt}};
  for (const Option& option : option_table()) {
    if (!option.in_request) continue;
    if (const auto value = option.binding.get(settings)) {
      std::visit([&](const auto& v) { json[option.json_key()] = v; }, *value);
    }
  }
  return json;
}

GenerateRequest request_from_json(const Json& json, std::string_view origin) {
  if (!json.is_object()) fail(origin, "expected a JSON object");
  Settings settings;
  settings.request.prompt = required<std::string>(json, "prompt", origin);
  for (const auto& [key, field] : json.items()) {
    if (key == "prompt") continue;
    const Option* option = request_option(key);
    if (option == nullptr) fail_unknown_key(origin, key);
    const std::string where = where_of(origin, key);
    const Value value = value_of(*option, field, where);
    check_value(option->domain, value, where);
    option->binding.set(settings, value);
  }
  return settings.request;
}

GenerateRequest to_request(const PictureSettings& settings) {
  GenerateRequest request;
  request.prompt = settings.prompt;
  request.negative_prompt = settings.negative_prompt;
  request.seed = settings.seed;
  request.decoder_seed = settings.decoder_seed;
  request.steps = settings.steps;
  request.prior_steps = settings.prior_steps;
  if (settings.upsampler_steps > 0) request.upsampler_steps = settings.upsampler_steps;
  request.sampler = settings.sampler;
  request.eta = settings.eta;
  request.guidance = settings.guidance;
  request.prior_guidance = settings.prior_guidance;
  request.classifier_scale = settings.classifier_scale;
  request.guidance_from = settings.guidance_from;
  request.guidance_until = settings.guidance_until;
  request.prior_candidates = settings.prior_candidates;
  request.best_of = settings.best_of;
  request.size = std::max(settings.width, settings.height);
  request.background = settings.background;
  return request;
}

Json settings_to_json(const PictureSettings& settings) {
  Json json = request_to_json(to_request(settings));
  for (const auto& [key, field] : kExtraNumbers) json[key] = settings.*field;
  for (const auto& [key, field] : kExtraTexts) json[key] = settings.*field;
  if (!settings.source.empty()) {
    json[kSource] = parse_json(settings.source, kSource, ErrorKind::kRuntime);
  }
  return json;
}

PictureSettings settings_from_json(const Json& json, std::string_view origin) {
  if (!json.is_object()) fail(origin, "expected a JSON object");
  PictureSettings settings;
  Json request_json = json;
  for (const auto& [key, field] : kExtraNumbers) {
    settings.*field = required<int>(json, key, origin);
    request_json.erase(key);
  }
  for (const auto& [key, field] : kExtraTexts) {
    settings.*field = required<std::string>(json, key, origin);
    request_json.erase(key);
  }
  if (const auto source = json.find(kSource); source != json.end()) {
    settings.source = source->dump();
    request_json.erase(kSource);
  }
  const GenerateRequest request = request_from_json(request_json, origin);
  settings.prompt = request.prompt;
  settings.negative_prompt = request.negative_prompt;
  settings.seed = request.seed;
  settings.decoder_seed = request.decoder_seed.value_or(request.seed);
  settings.steps = request.steps.value_or(0);
  settings.prior_steps = request.prior_steps.value_or(0);
  settings.upsampler_steps = request.upsampler_steps.value_or(0);
  settings.sampler = request.sampler.value_or("");
  settings.eta = request.eta.value_or(0.0);
  settings.guidance = request.guidance.value_or(1.0);
  settings.prior_guidance = request.prior_guidance.value_or(1.0);
  settings.classifier_scale = request.classifier_scale.value_or(0.0);
  settings.guidance_from = request.guidance_from.value_or(0.0);
  settings.guidance_until = request.guidance_until.value_or(1.0);
  settings.prior_candidates = request.prior_candidates.value_or(1);
  settings.best_of = request.best_of;
  settings.background = request.background;
  return settings;
}

}  // namespace dalle2::options
