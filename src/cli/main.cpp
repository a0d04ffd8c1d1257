#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/signals.h"
#include "options/resolve.h"

namespace {

using dalle2::ErrorKind;

int fail(ErrorKind kind, const std::string& message) {
  dalle2::log(dalle2::LogLevel::kError, message);
  return dalle2::cli::exit_code(kind);
}

void set_log_level(const dalle2::options::UiOptions& ui) {
  using dalle2::LogLevel;
  dalle2::set_log_level(ui.quiet     ? LogLevel::kError
                        : ui.verbose ? LogLevel::kDebug
                                     : LogLevel::kInfo);
}

int run(const std::vector<std::string>& arguments) {
  try {
    const auto invocation = dalle2::options::resolve(
        arguments, dalle2::options::process_environment(), std::filesystem::current_path());
    set_log_level(invocation.settings.ui);
    const int code = dalle2::cli::run_command(invocation);
    dalle2::cli::raise_caught_signal();  // also when all was done by then, so that loops end
    return code;
  } catch (const dalle2::Error& error) {
    if (error.kind() == ErrorKind::kCancelled) dalle2::cli::raise_caught_signal();
    return fail(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::kDevice, "out of memory; try a smaller --max-batch or --low-memory");
  } catch (const std::exception& error) {
    return fail(ErrorKind::kRuntime, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  dalle2::cli::ignore_file_size_signal();
  const int code = run({argv + 1, argv + argc});
  // Without LibTorch's static destructors, which take a tenth of a second to free what ends anyway.
  std::cout.flush();
  std::fflush(nullptr);
  std::quick_exit(code);
}
