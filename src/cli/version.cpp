#include "base/version.h"

#include <string>

#include <torch/headeronly/version.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/standard_output.h"

namespace dalle2::cli {

int run_version(const options::Invocation&) {
  print("dalle2 " + std::string(version()) + ", built with LibTorch " TORCH_VERSION "\n");
  return kSuccess;
}

}  // namespace dalle2::cli
