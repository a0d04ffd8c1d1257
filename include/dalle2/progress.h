#pragma once

#include <functional>
#include <string_view>

#include "dalle2/picture.h"

namespace dalle2 {

enum class Stage { kText, kPrior, kDecoder, kUpsampler };

std::string_view to_string(Stage stage);

/// One report per finished step.
struct Progress {
  Stage stage;
  int step = 0;   // 1-based, of this stage and batch
  int steps = 0;  // of this stage and batch
  int first_picture = 0;
  int pictures = 0;      // in the batch that is being worked on
  double seconds = 0.0;  // spent in this step
};

/// Called on the sampling thread between steps. Must be quick; may throw to abandon the request.
using ProgressCallback = std::function<void(const Progress&)>;

/// What the decoder expects to end with, after one of its steps.
struct StepPreview {
  int picture = 0;    // counted as they are drawn
  int candidate = 0;  // of best_of
  int step = 0;       // 1-based
  int steps = 0;
  Picture image;
};

using PreviewCallback = std::function<void(StepPreview)>;

/// Told about something the user should know that does not stop the work; one sentence.
using WarningCallback = std::function<void(std::string_view)>;

}  // namespace dalle2
