#pragma once

namespace dalle2::cli {

/// Counts the multiplications and additions of matrix products, convolutions and attention that
/// LibTorch does in this process while the counter lives. Element-wise work is left out: it has no
/// share in the peak that bench compares with. One counter at a time.
class FlopCounter {
 public:
  FlopCounter();
  ~FlopCounter();
  FlopCounter(const FlopCounter&) = delete;
  FlopCounter& operator=(const FlopCounter&) = delete;

  /// Operations since the start or the last call.
  double take();

 private:
  unsigned long handle_;
};

}  // namespace dalle2::cli
