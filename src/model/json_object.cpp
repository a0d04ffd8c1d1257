#include "model/json_object.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "base/error.h"

namespace dalle2::model {
namespace {

constexpr std::size_t kQuotedLength = 60;  // of a value in a message

std::string quote(const Json& value) {
  const std::string text =
      value.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  return text.size() <= kQuotedLength ? text : text.substr(0, kQuotedLength) + "…";
}

std::string format(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

std::string range(double smallest, double largest) {
  if (std::isinf(largest)) return "at least " + format(smallest);
  return "from " + format(smallest) + " to " + format(largest);
}

}  // namespace

std::string join(std::span<const std::string_view> names) {
  std::string joined;
  for (const std::string_view name : names) {
    if (!joined.empty()) joined += ", ";
    joined += name;
  }
  return joined;
}

JsonObject::JsonObject(const Json& json, std::string path, std::string origin)
    : json_(json), path_(std::move(path)), origin_(std::move(origin)) {
  if (!json.is_object()) {
    throw Error(ErrorKind::kModel, origin_ + ": " + (path_.empty() ? "" : path_ + ": ") +
                                       "must be an object {…}, not " + quote(json));
  }
}

std::string JsonObject::path_of(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

void JsonObject::fail(const std::string& key, const std::string& problem) const {
  throw Error(ErrorKind::kModel, origin_ + ": " + path_of(key) + ": " + problem);
}

bool JsonObject::has(const std::string& key) {
  asked_.insert(key);
  return json_.contains(key);
}

const Json& JsonObject::value(const std::string& key) {
  if (!has(key)) fail(key, "is missing");
  return json_.at(key);
}

JsonObject JsonObject::object(const std::string& key) {
  return JsonObject(value(key), path_of(key), origin_);
}

std::vector<JsonObject> JsonObject::objects(const std::string& key) {
  const Json& list = value(key);
  if (!list.is_array()) fail(key, "must be a list […], not " + quote(list));
  std::vector<JsonObject> objects;
  for (std::size_t i = 0; i < list.size(); ++i) {
    objects.emplace_back(list[i], path_of(key) + "[" + std::to_string(i) + "]", origin_);
  }
  return objects;
}

std::string JsonObject::text(const std::string& key) {
  const Json& json = value(key);
  if (!json.is_string()) fail(key, "must be a string, not " + quote(json));
  std::string text = json.get<std::string>();
  if (text.empty()) fail(key, "must not be empty");
  return text;
}

std::string JsonObject::choice(const std::string& key, std::span<const std::string_view> known) {
  std::string name = text(key);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    fail(key, "unknown " + quote(json_.at(key)) + "; known: " + join(known));
  }
  return name;
}

bool JsonObject::boolean(const std::string& key) {
  const Json& json = value(key);
  if (!json.is_boolean()) fail(key, "must be true or false, not " + quote(json));
  return json.get<bool>();
}

std::int64_t JsonObject::integer(const std::string& key, std::int64_t smallest,
                                 std::int64_t largest) {
  const Json& json = value(key);
  // An unsigned value too large for int64_t must not wrap round into the range.
  const bool fits = json.is_number_integer() &&
                    (!json.is_number_unsigned() ||
                     json.get<std::uint64_t>() <=
                         static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  if (!fits) fail(key, "must be a whole number, not " + quote(json));
  const std::int64_t number = json.get<std::int64_t>();
  if (number < smallest || number > largest) {
    const bool open = largest == std::numeric_limits<std::int64_t>::max();
    fail(key, "must be " +
                  (open ? "at least " + std::to_string(smallest)
                        : "from " + std::to_string(smallest) + " to " + std::to_string(largest)) +
                  ", not " + quote(json));
  }
  return number;
}

double JsonObject::number(const std::string& key, double smallest, double largest) {
  const Json& json = value(key);
  if (!json.is_number()) fail(key, "must be a number, not " + quote(json));
  const double number = json.get<double>();
  if (!(number >= smallest && number <= largest)) {
    fail(key, "must be " + range(smallest, largest) + ", not " + quote(json));
  }
  return number;
}

std::vector<double> JsonObject::numbers(const std::string& key, std::size_t count) {
  const Json& json = value(key);
  const bool all_numbers =
      json.is_array() &&
      std::all_of(json.begin(), json.end(), [](const Json& item) { return item.is_number(); });
  if (!all_numbers) fail(key, "must be a list of numbers, not " + quote(json));
  if (json.size() != count) {
    fail(key, "has " + std::to_string(json.size()) + " numbers and should have " +
                  std::to_string(count));
  }
  return json.get<std::vector<double>>();
}

void JsonObject::finish() const {
  for (const auto& [key, value] : json_.items()) {
    if (asked_.count(key) == 0) {
      const std::vector<std::string_view> known(asked_.begin(), asked_.end());
      fail(key, "unknown key; known here: " + join(known));
    }
  }
}

}  // namespace dalle2::model
