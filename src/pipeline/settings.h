#pragma once

#include <string>

#include "dalle2/generator.h"
#include "model/device.h"
#include "model/manifest.h"
#include "options/check.h"

namespace dalle2::pipeline {

/// The settings of the request's first picture, gaps filled from the manifest. Throws Error(kUsage)
/// for what is out of range, or what this package cannot do, naming the option.
PictureSettings resolve_settings(const GenerateRequest& request, const model::Manifest& manifest,
                                 model::Placement placement,
                                 options::PromptRule rule = options::PromptRule::kRequired);

/// Whether two pictures may share network calls: all but prompts and seeds agree.
bool same_sampling(const PictureSettings& a, const PictureSettings& b);

/// The prompt as the networks see it: worded for the background that was asked for.
std::string worded_prompt(const PictureSettings& settings, const model::Defaults& defaults);

}  // namespace dalle2::pipeline
