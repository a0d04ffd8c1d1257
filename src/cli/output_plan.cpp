#include "cli/output_plan.h"

#include "base/error.h"
#include "base/files.h"
#include "cli/slug.h"

namespace dalle2::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_usage(const std::string& message) {
  throw Error(ErrorKind::kUsage, message);
}

bool names_folder(const std::string& target) {
  std::error_code ignored;
  return target.empty() || target.ends_with('/') || fs::is_directory(target, ignored);
}

std::string extensions() {
  std::string out;
  for (const image::Format* format : image::formats()) {
    for (const std::string_view extension : format->extensions) {
      out += (out.empty() ? "" : ", ") + std::string(extension);
    }
  }
  return out;
}

const image::Format& choose_format(const options::OutputOptions& output) {
  const bool file = output.target != "-" && !names_folder(output.target);
  const image::Format* by_name = file ? image::format_of(output.target) : nullptr;
  if (output.format.empty()) {
    if (by_name != nullptr) return *by_name;
    if (!file) return image::format_named("png");
    fail_usage("-o " + output.target + ": the name needs one of the extensions " + extensions() +
               "; or give --format, or a / at the end for a folder");
  }
  const image::Format& chosen = image::format_named(output.format);
  if (by_name != nullptr && by_name != &chosen) {
    fail_usage("--format " + output.format + " contradicts the extension in -o " + output.target);
  }
  return chosen;
}

/// "fox.png" as "fox-03.png" for the third of up to 99.
fs::path numbered(const fs::path& file, int index, int count) {
  const std::size_t digits = std::to_string(count).size();
  std::string number = std::to_string(index + 1);
  number.insert(0, digits - number.size(), '0');
  return file.parent_path() / (file.stem().string() + "-" + number + file.extension().string());
}

std::vector<fs::path> name_files(const std::string& target, const image::Format& format,
                                 const GenerateRequest& request) {
  std::vector<fs::path> files;
  for (int i = 0; i < request.count; ++i) {
    if (names_folder(target)) {
      const std::uint64_t seed = request.seed + static_cast<std::uint64_t>(i);
      files.push_back(fs::path(target) / (slug(request.prompt) + "-" + std::to_string(seed) +
                                          std::string(format.extensions.front())));
    } else {
      files.push_back(request.count == 1 ? fs::path(target) : numbered(target, i, request.count));
    }
  }
  return files;
}

void check_stdout(const options::Settings& settings, const GenerateRequest& request,
                  bool stdout_is_terminal) {
  if (request.count > 1) {
    fail_usage("-o - writes one picture, but -n is " + std::to_string(request.count) +
               "; give a folder");
  }
  if (settings.ui.json) fail_usage("-o - and --json both want standard output; give -o a file");
  if (stdout_is_terminal) {
    fail_usage("-o - would write a picture file to the terminal; redirect it, or give -o a file");
  }
}

/// Whether something is there. Names that cannot be looked up (too long, below a file) are errors.
bool is_taken(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(file, error);
  if (status.type() == fs::file_type::not_found && error != std::errc::not_a_directory)
    return false;
  if (error) throw Error(ErrorKind::kOutput, "-o " + file.string() + ": " + error.message());
  if (fs::exists(file, error) && !fs::is_regular_file(file, error)) {
    throw Error(ErrorKind::kOutput,
                "-o " + file.string() + ": is there and is not a file; use -o - to write to it");
  }
  return true;
}

}  // namespace

OutputPlan plan_output(const options::Settings& settings, const GenerateRequest& request,
                       bool stdout_is_terminal) {
  const options::OutputOptions& output = settings.output;
  OutputPlan plan;
  plan.to_stdout = output.target == "-";
  plan.format = &choose_format(output);
  if (!plan.format->alpha && request.background == "transparent") {
    fail_usage("--background transparent needs png or webp; " + std::string(plan.format->name) +
               " has no transparency");
  }
  if (plan.to_stdout) {
    check_stdout(settings, request, stdout_is_terminal);
  } else {
    plan.files = name_files(output.target, *plan.format, request);
  }
  plan.skipped.assign(static_cast<std::size_t>(request.count), false);
  return plan;
}

void check_output(const options::Settings& settings, OutputPlan* plan) {
  if (plan->to_stdout) return;
  const std::string& target = settings.output.target;
  try {
    if (target.ends_with('/')) make_folders(target);
    require_writable_folder(plan->files.front().parent_path());
  } catch (const Error&) {
    rethrow_with_context("-o " + target);
  }
  for (std::size_t i = 0; i < plan->files.size(); ++i) {
    const fs::path& file = plan->files[i];
    if (!is_taken(file)) continue;
    if (settings.output.if_exists == "skip") plan->skipped[i] = true;
    if (settings.output.if_exists == "error") {
      throw Error(ErrorKind::kOutput, file.string() +
                                          ": exists already; use another -o, or --if-exists "
                                          "overwrite (-f), rename or skip");
    }
  }
}

}  // namespace dalle2::cli
