#include "cli/commands.h"
#include "cli/edit_job.h"
#include "cli/picture_source.h"

namespace dalle2::cli {

int run_vary(const options::Invocation& invocation) {
  const options::Settings& settings = invocation.settings;
  const std::string& path = settings.arguments.front();
  const PictureSource source = read_picture(path);
  EditJob job{.request = make_edit_request(settings, ""),
              .name = stem_of(path) + " variation",
              .source = {{"command", "vary"},
                         {"from", source.description},
                         {"difference", settings.edit.difference}},
              .draw = {}};
  job.draw = [&](Editor& editor, const Editor::PictureCallback& on_picture) {
    if (!settings.edit.save_embedding.empty()) {
      save_embedding(settings, job, editor, editor.embed(source.picture));
    }
    editor.vary(job.request, source.picture, settings.edit.difference, on_picture);
  };
  return run_edit_job(settings, job);
}

}  // namespace dalle2::cli
