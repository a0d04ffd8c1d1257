#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/utf8.h"
#include "fuzz/check.h"
#include "image/parameters.h"

/// What was read once comes back after writing, when its settings start as ours do. Quoting
/// replaces what is not UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dalle2;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const image::Parameters parsed = image::parse_parameters(text);
  const bool ours = !find_invalid_utf8(text) && !parsed.settings.empty() &&
                    parsed.settings.front().first == "Steps";
  if (ours) check(image::parse_parameters(image::format_parameters(parsed)) == parsed);
  return 0;
}
