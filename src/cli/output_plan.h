#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dalle2/request.h"
#include "image/codec.h"
#include "options/settings.h"

namespace dalle2::cli {

/// Where every picture of a request will be written, decided before a model is loaded so that
/// nobody waits for an error.
struct OutputPlan {
  const image::Format* format = nullptr;
  bool to_stdout = false;
  std::vector<std::filesystem::path> files;  // one a picture; empty for standard output
  std::vector<bool> skipped;                 // files that are there already, with --if-exists skip
};

/// Names and format from `-o`, `--format`, the prompt, the seeds and the count. A folder is meant
/// by a "/" at the end or by being there. Throws Error(kUsage) for names without a known extension,
/// a format that contradicts them, formats without alpha for a transparent background, and `-o -`
/// with several pictures, with --json or on a terminal.
OutputPlan plan_output(const options::Settings& settings, const GenerateRequest& request,
                       bool stdout_is_terminal);

/// Makes a folder that was named with a "/", looks for existing files and tries whether the folder
/// can be written to. Fills `skipped`. Throws Error(kOutput).
void check_output(const options::Settings& settings, OutputPlan* plan);

}  // namespace dalle2::cli
