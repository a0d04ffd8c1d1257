#pragma once

#include "options/command.h"
#include "options/resolve.h"

namespace dalle2::cli {

/// A command does its work and returns the exit code; what it throws, main maps.
struct CommandRow {
  options::Command id;
  int (*run)(const options::Invocation& invocation);
};

int run_generate(const options::Invocation& invocation);
int run_batch(const options::Invocation& invocation);
int run_vary(const options::Invocation& invocation);
int run_interpolate(const options::Invocation& invocation);
int run_edit(const options::Invocation& invocation);
int run_mix(const options::Invocation& invocation);
int run_inpaint(const options::Invocation& invocation);
int run_grid(const options::Invocation& invocation);
int run_score(const options::Invocation& invocation);
int run_replay(const options::Invocation& invocation);
int run_completion(const options::Invocation& invocation);
int run_info(const options::Invocation& invocation);
int run_models(const options::Invocation& invocation);
int run_bench(const options::Invocation& invocation);
int run_doctor(const options::Invocation& invocation);
int run_help(const options::Invocation& invocation);
int run_version(const options::Invocation& invocation);

/// Runs the command of the invocation, or shows its help where that was asked for.
int run_command(const options::Invocation& invocation);

}  // namespace dalle2::cli
