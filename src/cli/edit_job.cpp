#include "cli/edit_job.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/cancel.h"
#include "base/log.h"
#include "base/seeds.h"
#include "cli/embedding_file.h"
#include "cli/exit_code.h"
#include "cli/output_plan.h"
#include "cli/picture_writer.h"
#include "cli/progress_bar.h"
#include "cli/signals.h"
#include "options/check.h"

namespace dalle2::cli {

GenerateRequest make_edit_request(const options::Settings& settings, const std::string& prompt) {
  GenerateRequest request = settings.request;
  request.prompt = prompt;
  if (!settings.seed_given) request.seed = random_seed();
  options::check_request(request, options::PromptRule::kOptional);
  return request;
}

std::string stem_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

void with_editor(
    const options::Settings& settings, int pictures,
    const std::function<void(Editor& editor, const std::function<void()>& quiet)>& work) {
  catch_signals();
  ProgressBar bar(std::cerr, error_terminal(settings.ui), pictures);
  GeneratorOptions options = settings.generator;
  options.progress = [&](const Progress& progress) { bar.show(progress); };
  options.warn = [&](std::string_view message) {
    bar.clear();
    log(LogLevel::kWarning, message);
  };
  options.cancelled = is_cancelled;
  Editor editor(options);
  work(editor, [&] { bar.clear(); });
}

int run_edit_job(const options::Settings& settings, const EditJob& job) {
  GenerateRequest named = job.request;
  named.prompt = job.name;
  OutputPlan plan = plan_output(settings, named, output_is_terminal());
  check_output(settings, &plan);
  const PictureWriter writer(settings, plan);
  if (std::ranges::all_of(plan.skipped, [](bool skipped) { return skipped; })) {
    writer.report_skipped();
    return kSuccess;
  }
  const std::uint64_t last = job.request.seed + static_cast<std::uint64_t>(job.request.count) - 1;
  log(LogLevel::kInfo, "seed " + std::to_string(job.request.seed) +
                           (job.request.count > 1 ? " to " + std::to_string(last) : ""));
  with_editor(settings, job.request.count, [&](Editor& editor, const auto& quiet) {
    job.draw(editor, [&](int index, GeneratedPicture picture) {
      quiet();
      Json source = job.source;
      if (const std::string& other = picture.settings.source; !other.empty()) {
        source.update(parse_json(other, "source", ErrorKind::kRuntime));
      }
      picture.settings.source = source.dump();
      writer.write(index, picture);
    });
  });
  return kSuccess;
}

void save_embedding(const options::Settings& settings, const EditJob& job, Editor& editor,
                    const Embedding& embedding) {
  if (settings.edit.save_embedding.empty()) return;
  const PictureSettings resolved = editor.resolve(job.request);
  write_embedding(settings.edit.save_embedding, {resolved.model, resolved.model_hash, embedding},
                  parse_if_exists(settings.output.if_exists));
}

}  // namespace dalle2::cli
