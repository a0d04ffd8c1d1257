#include "cli/signals.h"

#include <cerrno>
#include <string_view>

#include <signal.h>
#include <unistd.h>

#include "base/cancel.h"

namespace dalle2::cli {
namespace {

/// Only async-signal-safe calls. SA_RESETHAND makes the next signal a deadly one.
void on_signal(int signal) {
  const int saved = errno;
  constexpr std::string_view kMessage =
      "\ndalle2: stopping after this step; again to stop at once\n";
  // Nothing can be done here if standard error is closed.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, kMessage.data(), kMessage.size());
  request_cancel(signal);
  errno = saved;
}

}  // namespace

void catch_signals() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction old {};
    sigaction(signal, nullptr, &old);
    if (old.sa_handler == SIG_IGN) continue;  // as in background jobs and under nohup
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

void ignore_file_size_signal() { signal(SIGXFSZ, SIG_IGN); }

void raise_caught_signal() {
  const int caught = cancel_signal();
  if (caught == 0) return;
  signal(caught, SIG_DFL);
  raise(caught);
}

}  // namespace dalle2::cli
