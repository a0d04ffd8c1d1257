#include "cli/generate_from.h"

#include "cli/edit_job.h"
#include "cli/embedding_file.h"
#include "cli/picture_source.h"

namespace dalle2::cli {
namespace {

constexpr double kInitStrength = 0.6;

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorKind::kUsage, sentence); }

int run_from_picture(const options::Settings& settings, EditJob job) {
  const PictureSource source = read_picture(settings.edit.init);
  const double strength = settings.edit.strength.value_or(kInitStrength);
  if (strength == 0.0) refuse("--strength 0 would give the picture back; it lies above 0, up to 1");
  job.source = {{"command", "generate"}, {"from", source.description}, {"strength", strength}};
  job.draw = [&](Editor& editor, const Editor::PictureCallback& on_picture) {
    editor.redraw(job.request, source.picture, strength, on_picture);
  };
  return run_edit_job(settings, job);
}

int run_from_embedding(const options::Settings& settings, EditJob job) {
  const std::string& path = settings.edit.embedding;
  EmbeddingFile file;
  job.source = {{"command", "generate"}};
  if (!path.empty()) {
    file = read_embedding(path);
    job.source["from"] = {{"embedding", path}};
  }
  job.draw = [&](Editor& editor, const Editor::PictureCallback& on_picture) {
    if (path.empty()) {
      file.embedding = editor.embed(job.request);
    } else {
      check_embedding_model(path, file.model_hash, editor.resolve(job.request));
    }
    save_embedding(settings, job, editor, file.embedding);
    editor.draw(job.request, file.embedding, on_picture);
  };
  return run_edit_job(settings, job);
}

}  // namespace

bool starts_from_files(const options::EditOptions& edit) {
  if (edit.strength && edit.init.empty()) refuse("--strength needs --init IMAGE");
  return !edit.init.empty() || !edit.embedding.empty() || !edit.save_embedding.empty();
}

int run_generate_from(const options::Settings& settings, const GenerateRequest& request) {
  const options::EditOptions& edit = settings.edit;
  EditJob job{.request = request, .name = request.prompt, .source = {}, .draw = {}};
  if (!edit.init.empty()) {
    if (!edit.embedding.empty() || !edit.save_embedding.empty()) {
      refuse("--init and an embedding cannot be used together");
    }
    return run_from_picture(settings, std::move(job));
  }
  if (edit.embedding.empty() && (request.count > 1 || request.best_of > 1)) {
    refuse("--save-embedding is for one picture: without -n and --best-of");
  }
  return run_from_embedding(settings, std::move(job));
}

}  // namespace dalle2::cli
