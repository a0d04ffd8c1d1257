#pragma once

#include "model/json_object.h"
#include "model/manifest.h"

/// The part "networks" of model.json.
namespace dalle2::model {

/// `embedding_width` is E. Throws Error(kModel).
Networks parse_networks(JsonObject json, std::int64_t embedding_width);

}  // namespace dalle2::model
