#include "cli/slug.h"

namespace dalle2::cli {

std::string slug(std::string_view prompt) {
  constexpr std::size_t kMaxBytes = 48;
  std::string out;
  for (const char c : prompt) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept) {
      out += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
    if (out.size() == kMaxBytes) break;
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "picture" : out;
}

}  // namespace dalle2::cli
