#include "diffusion/interval.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace dalle2::diffusion {

bool Interval::contains(std::int64_t t, std::int64_t num_timesteps) const {
  const auto last = static_cast<double>(std::max<std::int64_t>(num_timesteps - 1, 1));
  const double done = 1.0 - static_cast<double>(t) / last;
  return begin <= done && done <= end;
}

void check(const Interval& interval) {
  if (!(0.0 <= interval.begin && interval.begin <= interval.end && interval.end <= 1.0)) {
    throw Error(ErrorKind::kUsage, "guidance interval is [" + std::to_string(interval.begin) +
                                       ", " + std::to_string(interval.end) +
                                       "]; it begins before it ends, within [0, 1]");
  }
}

}  // namespace dalle2::diffusion
