#include "base/json.h"

#include <set>
#include <string>
#include <vector>

#include "base/files.h"

namespace dalle2 {
namespace {

/// "line:column: reason" out of nlohmann's "[json.exception…] parse error at line 1, column 2:
/// reason".
std::string reason_of(const Json::parse_error& error) {
  constexpr std::string_view kPosition = "at line ";
  constexpr std::string_view kColumn = ", column ";
  std::string text = error.what();
  if (const std::size_t start = text.find(kPosition); start != std::string::npos) {
    text.erase(0, start + kPosition.size());
    if (const std::size_t column = text.find(kColumn); column != std::string::npos) {
      text.replace(column, kColumn.size(), ":");
    }
  }
  return text;
}

/// Refuses keys that are given twice. Keys of the objects that are open are kept as a stack.
class DuplicateKeys {
 public:
  bool operator()(int, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    if (event == Event::key && !open_.back().insert(parsed.get<std::string>()).second) {
      duplicate_ = parsed.get<std::string>();
    }
    return true;
  }

  const std::string& duplicate() const { return duplicate_; }

 private:
  std::vector<std::set<std::string>> open_;
  std::string duplicate_;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view origin, ErrorKind kind) {
  DuplicateKeys keys;
  try {
    Json json = Json::parse(text, std::ref(keys));
    if (!keys.duplicate().empty()) {
      throw Error(kind,
                  std::string(origin) + ": the key \"" + keys.duplicate() + "\" is given twice");
    }
    return json;
  } catch (const Json::parse_error& error) {
    throw Error(kind, std::string(origin) + ":" + reason_of(error));
  } catch (const Json::out_of_range&) {
    throw Error(kind, std::string(origin) + ": has a number that is too large");
  }
}

Json read_json(const std::filesystem::path& path, ErrorKind kind, std::size_t max_bytes) {
  return parse_json(read_file(path, kind, max_bytes), path.string(), kind);
}

}  // namespace dalle2
