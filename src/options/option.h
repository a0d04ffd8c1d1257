#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "options/command.h"
#include "options/settings.h"

namespace dalle2::options {

/// What an option holds, once its text was read.
using Value = std::variant<bool, std::uint64_t, double, std::string>;

struct Flag {};  // given or not

struct Integer {
  std::uint64_t low;
  std::uint64_t high;
};

struct Real {
  double low;
  double high;
};

struct Text {
  std::size_t max_bytes = 4096;
};

struct Choice {
  std::vector<std::string_view> names;
};

/// A text that `matches` accepts; `forms` says so in words, such as "auto, cpu, cuda or cuda:N".
struct Pattern {
  std::string_view forms;
  bool (*matches)(std::string_view);
};

using Domain = std::variant<Flag, Integer, Real, Text, Choice, Pattern>;

/// Headings of the help, in this order.
enum class Group { kPicture, kSampling, kOutput, kBatch, kEngine, kInterface };

std::string_view to_string(Group group);

/// From where an option may be set.
enum class Sources {
  kAll,          // flag, DALLE2_* variable, configuration files
  kNotFiles,     // flag or variable
  kCommandLine,  // flag only: a folder that was downloaded must not be able to set it
};

/// Joins an option to its field in Settings.
struct Binding {
  std::function<void(Settings&, const Value&)> set;
  std::function<std::optional<Value>(const Settings&)> get;  // nothing: left to the model
};

/// One declaration per option. Parsing, help, docs/flags.md, DALLE2_* variables, configuration keys
/// and the JSON of requests all come from it.
struct Option {
  std::string_view name;  // "prior-steps": --prior-steps, DALLE2_PRIOR_STEPS, "prior_steps"
  std::string_view short_name = {};  // "n": -n; may be empty
  std::string_view value_name = {};  // "N" in the help; empty for flags
  Domain domain = Flag{};
  std::string_view default_text = {};  // for the help; empty for flags
  std::string_view implied = {};  // value of the bare flag; others then take a "=": --preview=kitty
  std::string_view help;          // starts in lower case, no full stop
  Group group;
  Command commands;
  Sources sources = Sources::kAll;
  bool in_request = false;  // part of GenerateRequest, hence of the JSON of requests
  bool hidden = false;      // not in the help: for the project's own tools
  Binding binding;

  bool is_flag() const { return std::holds_alternative<Flag>(domain); }
  bool takes_next_word() const { return !is_flag() && implied.empty(); }
  std::string flag() const;      // "--prior-steps"
  std::string usage() const;     // "--prior-steps N", "--preview[=HOW]"
  std::string variable() const;  // "DALLE2_PRIOR_STEPS"
  std::string json_key() const;  // "prior_steps"
};

/// What is accepted, for the help and for errors: "1 to 1000", "png, jpeg or webp"; empty for texts
/// and flags.
std::string describe(const Domain& domain);

/// Reads `text` as a value of the domain. Throws Error(kUsage) "`origin`: '5000' is out of range: 1
/// to 1000"; `origin` is a flag, a variable or file:line.
Value parse_value(const Domain& domain, std::string_view text, std::string_view origin);

/// Throws the same errors for a value that did not come from text.
void check_value(const Domain& domain, const Value& value, std::string_view origin);

}  // namespace dalle2::options
