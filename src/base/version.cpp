#include "base/version.h"

namespace dalle2 {

std::string_view version() { return DALLE2_VERSION; }

}  // namespace dalle2
