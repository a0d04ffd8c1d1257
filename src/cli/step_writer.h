#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/open_requests.h"
#include "dalle2/progress.h"

namespace dalle2::cli {

/// Writes what the decoder expects to draw after each step: "a-fox-7-step-003.png", and
/// "a-fox-7-2-step-003.png" for the second of several candidates.
class StepWriter {
 public:
  /// Makes the folder. `parts` are the requests that are drawn, in order. Throws Error(kOutput).
  StepWriter(std::filesystem::path folder, const std::vector<OpenRequest>& parts);

  /// Replaces what an earlier run has written. Throws Error(kOutput).
  void write(const StepPreview& preview) const;

 private:
  std::filesystem::path folder_;
  std::vector<std::string> names_;  // of the pictures, as they are drawn
  bool candidates_;
};

}  // namespace dalle2::cli
