#include "options/command_line.h"

#include <map>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/error.h"
#include "options/suggest.h"
#include "options/table.h"

namespace dalle2::options {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::kUsage, message); }

std::string cli11_names(const Option& option) {
  std::string names = option.flag();
  if (!option.short_name.empty()) names = "-" + std::string(option.short_name) + "," + names;
  return option.implied.empty() ? names : names + "{" + std::string(option.implied) + "}";
}

[[noreturn]] void fail_unknown_flag(const CommandSpec& command, std::string typed) {
  typed = typed.substr(0, typed.find('='));
  std::vector<std::string> names;
  for (const Option* option : options_of(command.id)) names.push_back(option->flag());
  if (const Option* other =
          find_option(typed.substr(std::min(typed.find_first_not_of('-'), typed.size())))) {
    fail(typed + ": '" + std::string(command.name) + "' has no such option; " + other->flag() +
         " belongs to other commands");
  }
  fail(typed + ": unknown option" + suggestion(typed, names) + "; see dalle2 " +
       std::string(command.name) + " --help");
}

void check_argument_count(const CommandSpec& command, std::size_t count) {
  const std::string usage =
      "dalle2 " + std::string(command.name) + " " + std::string(command.arguments);
  if (count < static_cast<std::size_t>(command.min_arguments)) {
    fail("something is missing; the command is: " + usage);
  }
  if (count <= static_cast<std::size_t>(command.max_arguments)) return;
  if (command.max_arguments == 0) {
    fail("'" + std::string(command.name) + "' takes options only; the command is: " + usage);
  }
  fail("too many arguments; put quotes around text with spaces: " + usage);
}

/// `-h` before all else, so that help is given for a line that is not finished yet.
CommandLine parse_for_command(const CommandSpec& command, std::span<const std::string> arguments) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::map<const CLI::Option*, const Option*> rows;
  for (const Option* option : options_of(command.id)) {
    CLI::Option* added = option->takes_next_word()
                             ? app.add_option(cli11_names(*option))->expected(1)
                             : app.add_flag(cli11_names(*option));
    added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    rows[added] = option;
  }
  CommandLine line;
  line.command = command.id;
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    fail(error.what());
  }
  std::map<const CLI::Option*, std::size_t> used;
  bool help = false;
  for (const CLI::Option* parsed : app.parse_order()) {
    const auto row = rows.find(parsed);
    if (row == rows.end()) continue;
    const Option& option = *row->second;
    line.flags.push_back({&option, parsed->results().at(used[parsed]++), option.flag()});
    help = help || option.name == "help";
  }
  if (help) return line;
  // CLI11 could collect arguments itself, but would split a prompt like "[a, b]" at the comma.
  bool only_arguments = false;
  for (const std::string& word : app.remaining()) {
    if (!only_arguments && word == "--") {
      only_arguments = true;
    } else if (!only_arguments && word.size() > 1 && word.front() == '-') {
      fail_unknown_flag(command, word);
    } else {
      line.arguments.push_back(word);
    }
  }
  check_argument_count(command, line.arguments.size());
  return line;
}

[[noreturn]] void fail_unknown_command(const std::string& typed) {
  std::vector<std::string> names;
  for (const CommandSpec& command : commands()) names.emplace_back(command.name);
  if (typed.starts_with('-')) {
    fail(typed + ": options come after the command; see dalle2 --help");
  }
  const std::string near = suggestion(typed, names);
  fail("'" + typed.substr(0, 60) + "' is not a command" +
       (near.empty() ? "; for a picture of it: dalle2 generate \"" + typed.substr(0, 60) + "\""
                     : near));
}

}  // namespace

CommandLine parse_command_line(std::span<const std::string> arguments) {
  if (arguments.empty()) return {};
  const std::string& first = arguments.front();
  if (first == "-h" || first == "--help") return {};
  if (first == "-V" || first == "--version") return {Command::kVersion, {}, {}};
  const CommandSpec* command = find_command(first);
  if (command == nullptr) fail_unknown_command(first);
  return parse_for_command(*command, arguments.subspan(1));
}

}  // namespace dalle2::options
