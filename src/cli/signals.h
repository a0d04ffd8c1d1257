#pragma once

namespace dalle2::cli {

/// From now on the first SIGINT or SIGTERM says so and asks the work to stop between two steps; the
/// second has its usual effect and kills.
void catch_signals();

/// Makes writing past `ulimit -f` an error, which cleans up, instead of a signal that kills.
void ignore_file_size_signal();

/// Ends the process by the signal that was caught, as shells expect (130, 143). Returns if there
/// was none.
void raise_caught_signal();

}  // namespace dalle2::cli
