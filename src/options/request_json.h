#pragma once

#include <string_view>

#include "base/json.h"
#include "dalle2/generator.h"
#include "dalle2/request.h"

namespace dalle2::options {

/// {"prompt", "count", "seed", "steps", …}: keys are option names with "_" for "-"; fields left to
/// the model are left out.
Json request_to_json(const GenerateRequest& request);

/// The opposite. Throws Error(kUsage) for unknown keys, wrong types and values out of range;
/// `origin` (a file, file:line) is put before the message.
GenerateRequest request_from_json(const Json& json, std::string_view origin);

/// The request that makes this one picture again.
GenerateRequest to_request(const PictureSettings& settings);

/// to_request() as JSON, and what ran it: "width", "height", "model", "model_hash", "device",
/// "dtype", and "source" of pictures made from pictures.
Json settings_to_json(const PictureSettings& settings);

/// The opposite, for files this program wrote. Throws Error(kUsage).
PictureSettings settings_from_json(const Json& json, std::string_view origin);

}  // namespace dalle2::options
