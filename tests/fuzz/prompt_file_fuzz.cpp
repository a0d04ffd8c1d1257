#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "cli/name_template.h"
#include "cli/prompt_file.h"
#include "dalle2/error.h"
#include "fuzz/check.h"

/// Any bytes are a file of prompts, each fit to be drawn and named inside of its folder, or refused
/// with the file and line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dalle2;
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  const GenerateRequest defaults;
  cli::PromptFile prompts(in, "prompts.txt", defaults);
  const cli::NameTemplate names("{id}-{slug}-{seed}");
  try {
    std::uint64_t index = 0;
    while (const auto entry = prompts.next()) {
      check(entry->index == index++);
      check(!entry->request.prompt.empty() && entry->request.count >= 1);
      const std::string name = names.fill({.index = entry->index,
                                           .number = 0,
                                           .seed = entry->request.seed,
                                           .id = entry->id,
                                           .prompt = entry->request.prompt});
      check(name.find('/') == std::string::npos && name.front() != '.');
    }
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::kUsage);
    check(std::string(error.what()).starts_with("prompts.txt:"));
  }
  return 0;
}
