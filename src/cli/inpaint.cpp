#include <iostream>

#include "cli/commands.h"
#include "cli/edit_job.h"
#include "cli/picture_source.h"
#include "cli/prompt_source.h"
#include "image/composite.h"

namespace dalle2::cli {
namespace {

Picture with_margins(const Picture& picture, int margin, image::Color color) {
  Picture large = image::filled(picture.width + 2 * margin, picture.height + 2 * margin, color);
  for (int row = 0; row < picture.height; ++row) {
    const std::size_t width = static_cast<std::size_t>(picture.width) * 4;
    const std::size_t to =
        (static_cast<std::size_t>(row + margin) * static_cast<std::size_t>(large.width) +
         static_cast<std::size_t>(margin)) *
        4;
    std::copy_n(
        picture.rgba.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * width),
        width, large.rgba.begin() + static_cast<std::ptrdiff_t>(to));
  }
  return large;
}

}  // namespace

int run_inpaint(const options::Invocation& invocation) {
  const options::Settings& settings = invocation.settings;
  const std::string& path = settings.arguments[0];
  const int margin = settings.edit.extend;
  const std::string prompt = read_prompt(settings.arguments[1], std::cin);
  const PictureSource source = read_picture(path);
  const PictureSource mask_source =
      settings.edit.mask.empty() ? source : read_picture(settings.edit.mask);
  if (settings.edit.mask.empty() && margin == 0 && source.picture.is_opaque()) {
    throw Error(ErrorKind::kUsage, input_name(path) +
                                       ": has no transparent part to draw in; give --mask FILE "
                                       "or --extend PIXELS");
  }
  // A mask without transparency says by white where to draw.
  const bool by_white = !settings.edit.mask.empty() && mask_source.picture.is_opaque();
  const Picture picture = with_margins(source.picture, margin, image::kTransparent);
  const Picture mask =
      with_margins(mask_source.picture, margin, by_white ? image::kWhite : image::kTransparent);

  EditJob job{.request = make_edit_request(settings, prompt),
              .name = stem_of(path) + " " + prompt,
              .source = {{"command", "inpaint"},
                         {"from", source.description},
                         {"mask", mask_source.description},
                         {"extend", margin},
                         {"resample", settings.edit.resample}},
              .draw = {}};
  job.draw = [&](Editor& editor, const Editor::PictureCallback& on_picture) {
    editor.inpaint(job.request, picture, mask, settings.edit.resample, on_picture);
  };
  return run_edit_job(settings, job);
}

}  // namespace dalle2::cli
