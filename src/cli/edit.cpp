#include "cli/commands.h"
#include "cli/edit_job.h"
#include "cli/picture_source.h"
#include "options/check.h"

namespace dalle2::cli {
namespace {

/// In the middle of what Ramesh et al. 2022 found useful (section 3.3).
constexpr double kStrength = 0.35;

}  // namespace

int run_edit(const options::Invocation& invocation) {
  const options::Settings& settings = invocation.settings;
  const options::EditOptions& edit = settings.edit;
  options::check_prompt(edit.from, "--from");
  options::check_prompt(edit.to, "--to");
  const std::string& path = settings.arguments.front();
  const PictureSource source = read_picture(path);
  const double strength = edit.strength.value_or(kStrength);
  EditJob job{.request = make_edit_request(settings, ""),
              .name = stem_of(path) + " " + edit.to,
              .source = {{"command", "edit"},
                         {"from", source.description},
                         {"from_prompt", edit.from},
                         {"to_prompt", edit.to},
                         {"strength", strength}},
              .draw = {}};
  job.draw = [&](Editor& editor, const Editor::PictureCallback& on_picture) {
    editor.edit(job.request, source.picture, edit.from, edit.to, strength, on_picture);
  };
  return run_edit_job(settings, job);
}

}  // namespace dalle2::cli
