#include "base/cancel.h"

#include <atomic>

namespace dalle2 {
namespace {

std::atomic<int> requested = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not take a lock");

}  // namespace

void request_cancel(int signal) noexcept { requested.store(signal, std::memory_order_relaxed); }

int cancel_signal() noexcept { return requested.load(std::memory_order_relaxed); }

void clear_cancel() noexcept { requested.store(0, std::memory_order_relaxed); }

}  // namespace dalle2
