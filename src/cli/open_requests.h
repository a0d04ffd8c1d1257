#pragma once

#include <vector>

#include "dalle2/request.h"

namespace dalle2::cli {

/// Part of a request: `request.count` pictures from the `first` one on, with the seeds they have in
/// the whole.
struct OpenRequest {
  int first;
  GenerateRequest request;
};

/// The pictures of `request` that are not `skipped`, in as few parts as possible.
std::vector<OpenRequest> open_requests(const GenerateRequest& request,
                                       const std::vector<bool>& skipped);

}  // namespace dalle2::cli
