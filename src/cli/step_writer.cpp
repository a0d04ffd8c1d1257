#include "cli/step_writer.h"

#include <cstdio>
#include <utility>

#include "base/files.h"
#include "cli/slug.h"
#include "image/codec.h"

namespace dalle2::cli {

StepWriter::StepWriter(std::filesystem::path folder, const std::vector<OpenRequest>& parts)
    : folder_(std::move(folder)), candidates_(!parts.empty() && parts.front().request.best_of > 1) {
  make_folders(folder_);
  for (const OpenRequest& part : parts) {
    for (int i = 0; i < part.request.count; ++i) {
      const std::uint64_t seed = part.request.seed + static_cast<std::uint64_t>(i);
      names_.push_back(slug(part.request.prompt) + "-" + std::to_string(seed));
    }
  }
}

void StepWriter::write(const StepPreview& preview) const {
  char step[32];
  std::snprintf(step, sizeof step, "-step-%03d.png", preview.step);
  std::string name = names_.at(static_cast<std::size_t>(preview.picture));
  if (candidates_) name += "-" + std::to_string(preview.candidate + 1);
  write_file(folder_ / (name + step), image::encode(preview.image, image::format_named("png")),
             IfExists::kOverwrite);
}

}  // namespace dalle2::cli
