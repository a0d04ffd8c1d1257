#include "cli/prompt_source.h"

#include <istream>

#include "options/check.h"

namespace dalle2::cli {

std::string read_prompt(const std::string& argument, std::istream& in) {
  std::string prompt = argument;
  if (argument == "-") {
    prompt.resize(options::kMaxPromptBytes + 2);
    in.read(prompt.data(), static_cast<std::streamsize>(prompt.size()));
    prompt.resize(static_cast<std::size_t>(in.gcount()));
    while (prompt.ends_with('\n') || prompt.ends_with('\r')) prompt.pop_back();
  }
  options::check_prompt(prompt, argument == "-" ? "prompt on standard input" : "prompt");
  return prompt;
}

}  // namespace dalle2::cli
