#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <png.h>

#include "dalle2/error.h"
#include "image/exif.h"
#include "image/format.h"
#include "image/orientation.h"
#include "image/png_chunks.h"
#include "image/stb_png.h"

namespace dalle2::image {
namespace {

using namespace std::string_view_literals;

constexpr std::array kExtensions = {".png"sv};

bool matches(std::string_view bytes) { return bytes.starts_with(kPngSignature); }

std::string encode(const Picture& picture, const EncodeOptions& options) {
  return splice_text_chunks(write_png(picture), options.metadata);
}

int orientation_of(std::string_view bytes) {
  for (const PngChunk& chunk : png_chunks(bytes)) {
    if (chunk.type == "eXIf") return parse_exif(chunk.data).orientation;
  }
  return 1;
}

/// Without a chunk that is longer than what is left of the file: libpng takes memory for as much as
/// a chunk says it has, up to 2 GB, before it looks for that.
std::string_view whole_chunks(std::string_view bytes) {
  const std::vector<PngChunk> chunks = png_chunks(bytes);
  if (chunks.empty()) return bytes.substr(0, kPngSignature.size());
  constexpr std::size_t kCrcSize = 4;
  const char* end = chunks.back().data.data() + chunks.back().data.size() + kCrcSize;
  return {bytes.data(), static_cast<std::size_t>(end - bytes.data())};
}

// libpng's simplified reader turns every colour kind into 8-bit RGBA and keeps longjmp to itself.
class Reader {
 public:
  explicit Reader(std::string_view bytes) {
    image_.version = PNG_IMAGE_VERSION;
    check(png_image_begin_read_from_memory(&image_, bytes.data(), bytes.size()));
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { png_image_free(&image_); }

  Picture read(const DecodeLimits& limits) {
    check_pixels("PNG", image_.width, image_.height, limits);
    image_.format = PNG_FORMAT_RGBA;
    image_.flags |=
        PNG_IMAGE_FLAG_16BIT_sRGB;  // 16-bit files without a gamma are sRGB as others are
    Picture picture{static_cast<int>(image_.width), static_cast<int>(image_.height), {}};
    picture.rgba.resize(std::size_t(image_.width) * image_.height * 4);
    check(png_image_finish_read(&image_, nullptr, picture.rgba.data(), 0, nullptr));
    return picture;
  }

 private:
  void check(int success) const {
    if (success == 0 || PNG_IMAGE_FAILED(image_)) refuse_file("PNG", image_.message);
  }

  png_image image_{};
};

Picture decode_file(std::string_view bytes, const DecodeLimits& limits) {
  return oriented(Reader(whole_chunks(bytes)).read(limits), orientation_of(bytes));
}

}  // namespace

const Format kPngFormat = {"png",   kExtensions, "image/png", true,
                           matches, encode,      decode_file, read_text_chunks};

}  // namespace dalle2::image
