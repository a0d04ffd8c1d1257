#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dalle2/error.h"
#include "fuzz/check.h"
#include "image/codec.h"

/// Any bytes are a picture, or refused as a bad input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dalle2;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const Picture picture = image::decode(bytes, {.max_pixels = 1 << 18});
    check(picture.rgba.size() == std::size_t(picture.width) * std::size_t(picture.height) * 4);
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::kUsage);
  }
  try {
    image::read_metadata(bytes);
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::kUsage);
  }
  return 0;
}
