#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "dalle2/progress.h"
#include "model/torch_errors.h"

namespace dalle2::pipeline {

/// Calls work(begin, end) over [0, rows) in ranges of at most *max_batch rows. When memory runs
/// out, halves *max_batch, says so, and does the range again; with one row the error goes to the
/// caller. `work` must not change anything before it succeeds.
template <typename Work>
void in_micro_batches(std::int64_t rows, std::int64_t* max_batch, const WarningCallback& warn,
                      Work&& work) {
  for (std::int64_t begin = 0; begin < rows;) {
    const std::int64_t end = std::min(rows, begin + *max_batch);
    try {
      work(begin, end);
      begin = end;
    } catch (const model::OutOfMemory&) {
      if (end - begin == 1) throw;
      *max_batch = (end - begin) / 2;
      if (warn) warn("out of memory: going on with batches of " + std::to_string(*max_batch));
    }
  }
}

}  // namespace dalle2::pipeline
