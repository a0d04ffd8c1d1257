#include <sstream>

#include "cli/commands.h"
#include "cli/edit_job.h"
#include "cli/embedding_file.h"
#include "cli/picture_source.h"
#include "options/table.h"

namespace dalle2::cli {
namespace {

/// "3,1" as numbers, one an argument. Throws Error(kUsage).
std::vector<double> parse_weights(const std::string& list, std::size_t count) {
  if (list.empty()) return std::vector<double>(count, 1.0);
  std::vector<double> weights;
  std::istringstream parts(list);
  for (std::string part; std::getline(parts, part, ',');) {
    const options::Value value = options::parse_value(options::Real{-100, 100}, part, "--weights");
    weights.push_back(std::get<double>(value));
  }
  if (weights.size() != count) {
    throw Error(ErrorKind::kUsage, "--weights has " + std::to_string(weights.size()) +
                                       " numbers for " + std::to_string(count) + " arguments");
  }
  return weights;
}

}  // namespace

int run_mix(const options::Invocation& invocation) {
  const options::Settings& settings = invocation.settings;
  const std::vector<double> weights =
      parse_weights(settings.edit.weights, settings.arguments.size());
  std::vector<IngredientSource> sources;
  std::vector<Ingredient> ingredients;
  Json from = Json::array();
  std::string name = "mix";
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sources.push_back(read_ingredient(settings.arguments[i]));
    ingredients.push_back(sources.back().ingredient);
    ingredients.back().weight = weights[i];
    from.push_back(sources.back().description);
    from.back()["weight"] = weights[i];
    name += " " + stem_of(settings.arguments[i]);
  }
  EditJob job{.request = make_edit_request(settings, ""),
              .name = name,
              .source = {{"command", "mix"}, {"from", from}},
              .draw = {}};
  job.draw = [&](Editor& editor, const Editor::PictureCallback& on_picture) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      check_embedding_model(settings.arguments[i], sources[i].model, editor.resolve(job.request));
    }
    const Embedding embedding = editor.mix(job.request, ingredients);
    save_embedding(settings, job, editor, embedding);
    editor.draw(job.request, embedding, on_picture);
  };
  return run_edit_job(settings, job);
}

}  // namespace dalle2::cli
