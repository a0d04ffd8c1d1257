#pragma once

namespace dalle2 {

/// Asks the work in progress to stop between two steps. May be called from a signal handler, with
/// the signal's number so that it can be raised again once everything is put away; >= 1.
void request_cancel(int signal) noexcept;

/// The signal of the latest request_cancel, or 0.
int cancel_signal() noexcept;

inline bool is_cancelled() noexcept { return cancel_signal() != 0; }

/// Forgets the request; for a program that goes on with other work.
void clear_cancel() noexcept;

}  // namespace dalle2
