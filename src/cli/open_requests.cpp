#include "cli/open_requests.h"

#include <cstdint>

namespace dalle2::cli {

std::vector<OpenRequest> open_requests(const GenerateRequest& request,
                                       const std::vector<bool>& skipped) {
  std::vector<OpenRequest> parts;
  for (int i = 0; i < request.count; ++i) {
    if (skipped[static_cast<std::size_t>(i)]) continue;
    if (!parts.empty() && parts.back().first + parts.back().request.count == i) {
      ++parts.back().request.count;
      continue;
    }
    GenerateRequest part = request;
    part.count = 1;
    part.seed += static_cast<std::uint64_t>(i);
    if (part.decoder_seed) *part.decoder_seed += static_cast<std::uint64_t>(i);
    parts.push_back({i, std::move(part)});
  }
  return parts;
}

}  // namespace dalle2::cli
