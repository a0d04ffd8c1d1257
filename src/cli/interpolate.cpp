#include <filesystem>

#include "base/files.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/edit_job.h"
#include "cli/embedding_file.h"
#include "cli/exit_code.h"
#include "cli/output_plan.h"
#include "cli/picture_metadata.h"
#include "cli/picture_source.h"
#include "cli/picture_writer.h"
#include "cli/standard_output.h"
#include "cli/terminal.h"
#include "image/animation.h"
#include "image/sheet.h"

namespace dalle2::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kSheet[] = "sheet.png";
constexpr char kAnimation[] = "walk.webp";

void write_extra(const options::Settings& settings, const fs::path& planned,
                 const std::string& bytes) {
  const auto path = write_file(planned, bytes, parse_if_exists(settings.output.if_exists));
  const std::string name = path.value_or(planned).string();
  print(settings.ui.json ? Json{{"path", name}, {"skipped", !path}}.dump() + "\n" : name + "\n");
}

/// What a walk leaves behind, in a folder or as one animation.
class WalkWriter {
 public:
  /// Plans and checks the files. Throws Error(kUsage, kOutput).
  WalkWriter(const options::Settings& settings, const GenerateRequest& request)
      : settings_(settings), target_(settings.output.target) {
    if (target_ == "-") {
      throw Error(ErrorKind::kUsage,
                  "-o -: a walk is several files; give a folder, or a .webp "
                  "file for the animation only");
    }
    if (target_.empty()) target_ = "walk-" + std::to_string(request.seed);
    GenerateRequest planned = request;
    only_animation_ = target_.ends_with(".webp");
    if (!only_animation_) {
      make_folders(target_);
      planned.count = settings.edit.frames;
      const std::string format = settings.output.format.empty() ? "png" : settings.output.format;
      settings_.output.target =
          (fs::path(target_) /
           ("frame" + std::string(image::format_named(format).extensions.front())))
              .string();
    }
    plan_ = plan_output(settings_, planned, output_is_terminal());
    check_output(settings_, &plan_);
  }

  void add(int index, const GeneratedPicture& frame) {
    if (!only_animation_) PictureWriter(settings_, plan_).write(index, frame);
    frames_.push_back(frame.picture);
    last_ = frame.settings;
  }

  void finish() const {
    image::EncodeOptions encoding{.quality = settings_.output.quality, .metadata = {}};
    if (!settings_.output.no_metadata) encoding.metadata = make_metadata(last_);
    const std::string animation =
        image::encode_animation(frames_, {.frame_ms = 1000 / settings_.edit.fps}, encoding);
    if (only_animation_) {
      write_extra(settings_, target_, animation);
      return;
    }
    write_extra(settings_, fs::path(target_) / kSheet,
                image::encode(image::contact_sheet(frames_), image::format_named("png"), encoding));
    write_extra(settings_, fs::path(target_) / kAnimation, animation);
  }

 private:
  options::Settings settings_;
  std::string target_;
  bool only_animation_ = false;
  OutputPlan plan_;
  std::vector<Picture> frames_;
  PictureSettings last_;
};

}  // namespace

int run_interpolate(const options::Invocation& invocation) {
  const options::Settings& settings = invocation.settings;
  const std::vector<std::string>& ends = settings.arguments;
  const IngredientSource a = read_ingredient(ends[0]);
  const IngredientSource b = read_ingredient(ends[1]);
  const GenerateRequest request = make_edit_request(settings, "");
  WalkWriter writer(settings, request);

  log(LogLevel::kInfo, "seed " + std::to_string(request.seed));
  with_editor(settings, settings.edit.frames, [&](Editor& editor, const auto& quiet) {
    check_embedding_model(ends[0], a.model, editor.resolve(request));
    check_embedding_model(ends[1], b.model, editor.resolve(request));
    const auto on_picture = [&](int index, GeneratedPicture frame) {
      quiet();
      frame.settings.source = Json{
          {"command", "interpolate"},
          {"from", a.description},
          {"to", b.description},
          {"frame", index},
          {"frames",
           settings.edit.frames}}.dump();
      writer.add(index, frame);
    };
    editor.interpolate(request, a.ingredient, b.ingredient, settings.edit.frames, on_picture);
    quiet();
    writer.finish();
  });
  return kSuccess;
}

}  // namespace dalle2::cli
