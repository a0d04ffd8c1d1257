#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace dalle2::model {

/// An object of model.json that is read key by key. Every message names the file and the JSON path;
/// all failures are Error(kModel). A key that nobody asked for is one, see finish().
class JsonObject {
 public:
  /// `json` must outlive this. `path` is "" for the whole file.
  JsonObject(const Json& json, std::string path, std::string origin);

  bool has(const std::string& key);

  /// The value of a key that must be there.
  const Json& value(const std::string& key);
  JsonObject object(const std::string& key);
  std::vector<JsonObject> objects(const std::string& key);

  std::string text(const std::string& key);
  std::string choice(const std::string& key, std::span<const std::string_view> known);
  bool boolean(const std::string& key);
  std::int64_t integer(const std::string& key, std::int64_t smallest,
                       std::int64_t largest = std::numeric_limits<std::int64_t>::max());
  double number(const std::string& key, double smallest,
                double largest = std::numeric_limits<double>::infinity());
  std::vector<double> numbers(const std::string& key, std::size_t count);

  /// Throws if there are keys that were not asked for.
  void finish() const;

  [[noreturn]] void fail(const std::string& key, const std::string& problem) const;

  std::string path_of(const std::string& key) const;

 private:
  const Json& json_;
  std::string path_;
  std::string origin_;
  std::set<std::string> asked_;
};

/// "a, b, c"
std::string join(std::span<const std::string_view> names);

}  // namespace dalle2::model
