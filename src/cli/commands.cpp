#include "cli/commands.h"

#include <algorithm>
#include <stdexcept>

#include "cli/picture_source.h"
#include "cli/standard_output.h"
#include "options/help.h"

namespace dalle2::cli {
namespace {

using options::Command;

constexpr CommandRow kCommands[] = {
    {Command::kGenerate, run_generate},
    {Command::kBatch, run_batch},
    {Command::kVary, run_vary},
    {Command::kInterpolate, run_interpolate},
    {Command::kEdit, run_edit},
    {Command::kMix, run_mix},
    {Command::kInpaint, run_inpaint},
    {Command::kGrid, run_grid},
    {Command::kScore, run_score},
    {Command::kReplay, run_replay},
    {Command::kCompletion, run_completion},
    {Command::kInfo, run_info},
    {Command::kModels, run_models},
    {Command::kBench, run_bench},
    {Command::kDoctor, run_doctor},
    {Command::kHelp, run_help},
    {Command::kVersion, run_version},
};

}  // namespace

int run_command(const options::Invocation& invocation) {
  const Command command = invocation.command;
  if (invocation.settings.ui.help && command != Command::kHelp) {
    print(options::command_help(command));
    return 0;
  }
  const auto row = std::ranges::find(kCommands, command, &CommandRow::id);
  if (row == std::end(kCommands)) throw std::logic_error("a command that nothing runs");
  require_one_standard_input(invocation.settings);
  return row->run(invocation);
}

}  // namespace dalle2::cli
