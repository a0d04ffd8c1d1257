#include "options/config_file.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/files.h"
#include "options/suggest.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

constexpr std::size_t kMaxConfigBytes = 1 << 20;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Reads one line after the other and knows where it is, for the errors.
class ConfigParser {
 public:
  explicit ConfigParser(std::string_view origin) : origin_(origin) {}

  std::vector<ConfigEntry> parse(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      ++line_;
      parse_line(trimmed(text.substr(0, end)));
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    return std::move(entries_);
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorKind::kUsage,
                std::string(origin_) + ":" + std::to_string(line_) + ": " + reason);
  }

  void parse_line(std::string_view line) {
    if (line.empty() || line.front() == '#') return;
    if (line.front() == '[') {
      const std::size_t close = line.find(']');
      if (close == std::string_view::npos) fail("a section needs a closing ']'");
      expect_end(line.substr(close + 1));
      section_ = trimmed(line.substr(1, close - 1));
      return;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) fail("expected 'key = value'");
    const std::string_view key = trimmed(line.substr(0, equals));
    if (key.empty()) fail("expected a key before '='");
    entries_.push_back(
        {section_, std::string(key), parse_value_text(trimmed(line.substr(equals + 1))), line_});
  }

  std::string parse_value_text(std::string_view text) const {
    if (text.empty()) fail("expected a value after '='");
    if (text.front() == '"') return parse_quoted(text);
    if (text.front() == '\'') {
      const std::size_t close = text.find('\'', 1);
      if (close == std::string_view::npos) fail("the text has no closing '");
      expect_end(text.substr(close + 1));
      return std::string(text.substr(1, close - 1));
    }
    const std::string_view bare = trimmed(text.substr(0, text.find('#')));
    constexpr std::string_view kNumberOrBoolean = "0123456789+-._abcdefghijklmnopqrstuvwxyzE";
    if (bare.find_first_not_of(kNumberOrBoolean) != std::string_view::npos) {
      fail("texts need quotes: \"" + std::string(bare) + "\"");
    }
    return std::string(bare);
  }

  std::string parse_quoted(std::string_view text) const {
    constexpr std::array<std::pair<char, char>, 5> kEscapes = {
        {{'"', '"'}, {'\\', '\\'}, {'n', '\n'}, {'t', '\t'}, {'r', '\r'}}};
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '"') {
        expect_end(text.substr(i + 1));
        return out;
      }
      if (text[i] != '\\') {
        out += text[i];
        continue;
      }
      ++i;
      const auto escape = std::ranges::find_if(
          kEscapes, [&](const auto& e) { return i < text.size() && e.first == text[i]; });
      if (escape == kEscapes.end()) fail("only \\\" \\\\ \\n \\t and \\r may follow a backslash");
      out += escape->second;
    }
    fail("the text has no closing \"");
  }

  void expect_end(std::string_view rest) const {
    rest = trimmed(rest);
    if (!rest.empty() && rest.front() != '#') fail("unexpected '" + std::string(rest) + "'");
  }

  std::string_view origin_;
  int line_ = 0;
  std::string section_;
  std::vector<ConfigEntry> entries_;
};

}  // namespace

std::vector<ConfigEntry> parse_config(std::string_view text, std::string_view origin) {
  return ConfigParser(origin).parse(text);
}

std::vector<Assignment> config_assignments(Command command, const std::filesystem::path& file) {
  const std::string origin = file.string();
  const std::string text = read_text(file, kMaxConfigBytes);
  std::vector<std::string> known;
  for (const Option& option : option_table()) {
    if (option.sources == Sources::kAll) known.emplace_back(option.name);
  }
  std::vector<Assignment> assignments;
  for (const ConfigEntry& entry : parse_config(text, origin)) {
    const std::string where = origin + ":" + std::to_string(entry.line) + ": ";
    const CommandSpec* section = find_command(entry.section);
    if (!entry.section.empty() && section == nullptr) {
      throw Error(ErrorKind::kUsage, where + "[" + entry.section + "] is not a command");
    }
    std::string name = entry.key;
    std::ranges::replace(name, '_', '-');
    const Option* option = find_option(name);
    if (option == nullptr) {
      throw Error(ErrorKind::kUsage,
                  where + "unknown key '" + entry.key + "'" + suggestion(name, known));
    }
    if (option->sources != Sources::kAll) {
      throw Error(
          ErrorKind::kUsage,
          where + "'" + entry.key + "' cannot be set in a file; use the flag " + option->flag());
    }
    // Also where another command's turn it is: a mistake should not wait for its command.
    parse_value(option->domain, entry.text, where + entry.key);
    const bool meant = section == nullptr || section->id == command;
    if (meant && contains(option->commands, command)) {
      assignments.push_back({option, entry.text, where + entry.key});
    }
  }
  return assignments;
}

std::optional<std::filesystem::path> find_project_config(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (auto place = folder;; place = place.parent_path()) {
    const auto file = place / ".dalle2.toml";
    if (std::filesystem::is_regular_file(file, ignored)) return file;
    if (place == place.parent_path()) return std::nullopt;
  }
}

std::optional<std::filesystem::path> find_user_config(const Environment& environment) {
  const auto xdg = environment("XDG_CONFIG_HOME");
  const auto home = environment("HOME");
  std::filesystem::path base;
  if (xdg && !xdg->empty()) {
    base = *xdg;
  } else if (home && !home->empty()) {
    base = std::filesystem::path(*home) / ".config";
  } else {
    return std::nullopt;
  }
  const auto file = base / "dalle2" / "config.toml";
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) ? std::optional(file) : std::nullopt;
}

}  // namespace dalle2::options
