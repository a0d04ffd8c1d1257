#pragma once

#include "options/settings.h"

namespace dalle2::cli {

/// Whether `generate` was told to start from something else than noise and the prior, or to write
/// the embedding.
bool starts_from_files(const options::EditOptions& edit);

/// `generate` with --init, --embedding or --save-embedding. The request is complete.
int run_generate_from(const options::Settings& settings, const GenerateRequest& request);

}  // namespace dalle2::cli
