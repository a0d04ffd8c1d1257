#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/output_plan.h"
#include "cli/picture_source.h"
#include "cli/standard_output.h"
#include "cli/terminal.h"
#include "image/codec.h"
#include "image/color.h"
#include "image/sheet.h"

namespace dalle2::cli {
namespace {

image::Color sheet_background(const std::string& name) {
  if (name == "auto" || name == "transparent") return image::kTransparent;
  return name == "opaque" ? image::kWhite : image::parse_color(name);
}

}  // namespace

int run_grid(const options::Invocation& invocation) {
  options::Settings settings = invocation.settings;
  if (settings.output.target.empty()) settings.output.target = "grid.png";
  GenerateRequest sheet = settings.request;
  sheet.prompt = "grid";  // names the file in a folder
  OutputPlan plan = plan_output(settings, sheet, output_is_terminal());
  check_output(settings, &plan);

  std::optional<std::filesystem::path> path;
  if (!plan.skipped.front()) {
    std::vector<Picture> pictures;
    for (const std::string& file : settings.arguments) {
      pictures.push_back(read_picture(file).picture);
    }
    const Picture joined =
        image::contact_sheet(pictures, {.columns = settings.sheet.columns,
                                        .gap = settings.sheet.gap,
                                        .background = sheet_background(sheet.background)});
    image::EncodeOptions options;
    options.quality = settings.output.quality;
    const std::string bytes = image::encode(joined, *plan.format, options);
    if (plan.to_stdout) {
      print(bytes);
      return kSuccess;
    }
    path = write_file(plan.files.front(), bytes, parse_if_exists(settings.output.if_exists));
  }
  const std::string name = path.value_or(plan.files.front()).string();
  print(settings.ui.json
            ? Json{{"path", name}, {"pictures", settings.arguments.size()}, {"skipped", !path}}
                      .dump() +
                  "\n"
            : name + "\n");
  return kSuccess;
}

}  // namespace dalle2::cli
