#include "dalle2/progress.h"

namespace dalle2 {

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::kText:
      return "text";
    case Stage::kPrior:
      return "prior";
    case Stage::kDecoder:
      return "decoder";
    case Stage::kUpsampler:
      return "upsampler";
  }
  return "";
}

}  // namespace dalle2
