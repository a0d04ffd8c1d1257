#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <webp/decode.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include "dalle2/error.h"
#include "image/bytes.h"
#include "image/composite.h"
#include "image/exif.h"
#include "image/format.h"
#include "image/orientation.h"
#include "image/webp_metadata.h"

namespace dalle2::image {
namespace {

using namespace std::string_view_literals;

constexpr std::array kExtensions = {".webp"sv};

using Muxer = std::unique_ptr<WebPMux, decltype(&WebPMuxDelete)>;

WebPData as_data(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::string_view as_bytes(const WebPData& data) {
  return {reinterpret_cast<const char*>(data.bytes), data.size};
}

Muxer open(std::string_view bytes) {
  const WebPData data = as_data(bytes);
  return {WebPMuxCreate(&data, 0), WebPMuxDelete};
}

// Empty where there is none, or the container is damaged.
std::string exif_of(std::string_view bytes) {
  const Muxer muxer = open(bytes);
  WebPData chunk{};  // points into `bytes`
  if (!muxer || WebPMuxGetChunk(muxer.get(), "EXIF", &chunk) != WEBP_MUX_OK) return {};
  std::string_view exif = as_bytes(chunk);
  // Some writers keep the mark that only JPEG needs.
  constexpr std::string_view kJpegMark = "Exif\0\0"sv;
  if (exif.starts_with(kJpegMark)) exif.remove_prefix(kJpegMark.size());
  return std::string(exif);
}

bool matches(std::string_view bytes) {
  return bytes.starts_with("RIFF"sv) && slice(bytes, 8, 4) == "WEBP"sv;
}

std::string encode(const Picture& picture, const EncodeOptions& options) {
  if (picture.width > WEBP_MAX_DIMENSION || picture.height > WEBP_MAX_DIMENSION) {
    throw Error(ErrorKind::kUsage, "a WebP's sides are at most " +
                                       std::to_string(WEBP_MAX_DIMENSION) +
                                       " pixels: use --format png");
  }
  const int stride = picture.width * 4;
  std::uint8_t* output = nullptr;
  const std::size_t size =
      options.quality == 100 ? WebPEncodeLosslessRGBA(picture.rgba.data(), picture.width,
                                                      picture.height, stride, &output)
                             : WebPEncodeRGBA(picture.rgba.data(), picture.width, picture.height,
                                              stride, static_cast<float>(options.quality), &output);
  const std::unique_ptr<std::uint8_t, decltype(&WebPFree)> owner(output, WebPFree);
  if (size == 0) throw Error(ErrorKind::kDevice, "not enough memory to write a WebP file");
  const std::string_view webp(reinterpret_cast<const char*>(output), size);
  return with_metadata(webp, options.metadata);
}

WebPBitstreamFeatures features_of(std::string_view bytes, const DecodeLimits& limits) {
  WebPBitstreamFeatures features;
  const WebPData data = as_data(bytes);
  if (WebPGetFeatures(data.bytes, data.size, &features) != VP8_STATUS_OK) {
    refuse_file("WebP", "it is damaged or cut off");
  }
  check_pixels("WebP", std::uint64_t(features.width), std::uint64_t(features.height), limits);
  return features;
}

Picture decode_still(std::string_view bytes, const DecodeLimits& limits) {
  const WebPBitstreamFeatures features = features_of(bytes, limits);
  Picture picture{features.width, features.height, {}};
  picture.rgba.resize(std::size_t(picture.width) * std::size_t(picture.height) * 4);
  const WebPData data = as_data(bytes);
  if (WebPDecodeRGBAInto(data.bytes, data.size, picture.rgba.data(), picture.rgba.size(),
                         picture.width * 4) == nullptr) {
    refuse_file("WebP", "its pixels are damaged or cut off");
  }
  return picture;
}

Picture decode_first_frame(std::string_view bytes, const DecodeLimits& limits) {
  const WebPBitstreamFeatures canvas = features_of(bytes, limits);
  const Muxer muxer = open(bytes);
  WebPMuxFrameInfo frame{};
  if (!muxer || WebPMuxGetFrame(muxer.get(), 1, &frame) != WEBP_MUX_OK) {
    refuse_file("WebP", "its first frame is damaged or cut off");
  }
  const std::unique_ptr<WebPData, decltype(&WebPDataClear)> owner(&frame.bitstream, WebPDataClear);
  Picture picture = filled(canvas.width, canvas.height, kTransparent);
  paste(decode_still(as_bytes(frame.bitstream), limits), frame.x_offset, frame.y_offset, &picture);
  return picture;
}

Picture decode_file(std::string_view bytes, const DecodeLimits& limits) {
  const bool animated = features_of(bytes, limits).has_animation != 0;
  Picture picture = animated ? decode_first_frame(bytes, limits) : decode_still(bytes, limits);
  return oriented(std::move(picture), parse_exif(exif_of(bytes)).orientation);
}

Metadata read_texts(std::string_view bytes) { return parse_exif(exif_of(bytes)).metadata; }

}  // namespace

std::string with_metadata(std::string_view webp, const Metadata& metadata) {
  if (metadata.empty()) return std::string(webp);
  const Muxer muxer = open(webp);
  const std::string exif = make_exif(metadata);
  const WebPData chunk = as_data(exif);
  WebPData assembled{};
  if (!muxer || WebPMuxSetChunk(muxer.get(), "EXIF", &chunk, 0) != WEBP_MUX_OK ||
      WebPMuxAssemble(muxer.get(), &assembled) != WEBP_MUX_OK) {
    throw Error(ErrorKind::kRuntime, "cannot write the settings into a WebP file");
  }
  std::string result(as_bytes(assembled));
  WebPDataClear(&assembled);
  return result;
}

const Format kWebpFormat = {"webp",  kExtensions, "image/webp", true,
                            matches, encode,      decode_file,  read_texts};

}  // namespace dalle2::image
