#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/picture_source.h"
#include "cli/signals.h"
#include "cli/standard_output.h"
#include "dalle2/scorer.h"
#include "options/check.h"

namespace dalle2::cli {
namespace {

struct Score {
  std::string prompt;
  double similarity;
};

std::string line(const Score& score) {
  char number[32];
  std::snprintf(number, sizeof number, "%7.4f  ", score.similarity);
  return number + score.prompt + "\n";
}

}  // namespace

int run_score(const options::Invocation& invocation) {
  const options::Settings& settings = invocation.settings;
  const std::string& file = settings.arguments.front();
  const std::vector<std::string> prompts(settings.arguments.begin() + 1, settings.arguments.end());
  for (const std::string& prompt : prompts) options::check_prompt(prompt, "prompt");
  const PictureSource source = read_picture(file);
  catch_signals();

  GeneratorOptions options = settings.generator;
  options.cancelled = is_cancelled;
  options.warn = [](std::string_view message) { log(LogLevel::kWarning, message); };
  Scorer scorer(options);
  const std::vector<double> similarities = scorer.similarities(source.picture, prompts);
  std::vector<Score> ranking;
  for (std::size_t i = 0; i < prompts.size(); ++i) ranking.push_back({prompts[i], similarities[i]});
  std::ranges::stable_sort(ranking, std::greater(), &Score::similarity);
  for (const Score& score : ranking) {
    const Json json = {{"path", file},
                       {"prompt", score.prompt},
                       {"similarity", score.similarity},
                       {"model", scorer.model()}};
    print(settings.ui.json ? json.dump() + "\n" : line(score));
  }
  return kSuccess;
}

}  // namespace dalle2::cli
