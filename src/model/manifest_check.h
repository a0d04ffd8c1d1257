#pragma once

#include <string_view>

#include "model/manifest.h"

namespace dalle2::model {

/// Whether the parts of a manifest, each fine by itself, fit each other. Throws Error(kModel)
/// naming `origin` and the JSON path at fault.
void check_parts_fit(const Manifest& manifest, std::string_view origin);

}  // namespace dalle2::model
