#include "image/stb_png.h"

#include <cstddef>
#include <vector>

#include "dalle2/error.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>
#pragma GCC diagnostic pop

namespace dalle2::image {
namespace {

void append(void* context, void* data, int size) {
  static_cast<std::string*>(context)->append(static_cast<const char*>(data),
                                             static_cast<std::size_t>(size));
}

std::vector<std::uint8_t> drop_alpha(const Picture& picture) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(picture.rgba.size() / 4 * 3);
  for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
    rgb.insert(rgb.end(), &picture.rgba[i], &picture.rgba[i] + 3);
  }
  return rgb;
}

}  // namespace

std::string write_png(const Picture& picture) {
  // stb counts bytes in int: leave room for its filter bytes and for data that does not compress.
  constexpr std::size_t kMaxBytes = 1 << 30;
  if (picture.rgba.size() > kMaxBytes) {
    throw Error(ErrorKind::kUsage, "a PNG of more than 268 million pixels cannot be written");
  }
  const int channels = picture.is_opaque() ? 3 : 4;
  const std::vector<std::uint8_t> pixels = channels == 3 ? drop_alpha(picture) : picture.rgba;
  std::string png;
  if (stbi_write_png_to_func(append, &png, picture.width, picture.height, channels, pixels.data(),
                             picture.width * channels) == 0) {
    throw Error(ErrorKind::kDevice, "not enough memory to write a PNG of " +
                                        std::to_string(picture.width) + "x" +
                                        std::to_string(picture.height) + " pixels");
  }
  return png;
}

}  // namespace dalle2::image
