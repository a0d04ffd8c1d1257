#pragma once

#include <span>
#include <string_view>

namespace dalle2::options {

/// One bit a command, so that an option can name all the commands it belongs to.
enum class Command : unsigned {
  kNone = 0,
  kGenerate = 1U << 0,
  kInfo = 1U << 1,
  kModels = 1U << 2,
  kBench = 1U << 3,
  kDoctor = 1U << 4,
  kHelp = 1U << 5,
  kVersion = 1U << 6,
  kBatch = 1U << 7,
  kGrid = 1U << 8,
  kScore = 1U << 9,
  kReplay = 1U << 10,
  kCompletion = 1U << 11,
  kVary = 1U << 16,
  kInterpolate = 1U << 17,
  kEdit = 1U << 18,
  kMix = 1U << 19,
  kInpaint = 1U << 20,
  kAll = ~0U,
};

constexpr Command operator|(Command a, Command b) {
  return static_cast<Command>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

/// The commands that make pictures from pictures.
inline constexpr Command kEditing =
    Command::kVary | Command::kInterpolate | Command::kEdit | Command::kMix | Command::kInpaint;
/// Those of them that make more than one, or call the prior.
inline constexpr Command kEditingMany = Command::kVary | Command::kMix | Command::kInpaint;
inline constexpr Command kEditingByPrior =
    Command::kInterpolate | Command::kMix | Command::kInpaint;

constexpr bool contains(Command set, Command command) {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(command)) != 0;
}

struct Example {
  std::string_view line;
  std::string_view meaning;
};

/// How a command is called; what it does is in src/cli.
struct CommandSpec {
  Command id;
  std::string_view name;
  std::string_view summary;    // one line
  std::string_view arguments;  // as in a usage line, such as "PROMPT|-"
  int min_arguments;
  int max_arguments;  // kUnlimited for any number
  std::string_view description;
  std::span<const Example> examples;
};

inline constexpr int kUnlimited = 1'000'000;

/// All commands, in the order of `dalle2 --help`.
std::span<const CommandSpec> commands();

/// The row called `name`, or null.
const CommandSpec* find_command(std::string_view name);

const CommandSpec& command_spec(Command id);

}  // namespace dalle2::options
