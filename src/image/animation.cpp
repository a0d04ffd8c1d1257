#include "image/animation.h"

#include <memory>

#include <webp/encode.h>
#include <webp/mux.h>

#include "dalle2/error.h"
#include "image/webp_metadata.h"

namespace dalle2::image {
namespace {

constexpr int kShortest = 10;
constexpr int kLongest = 60'000;

using Encoder = std::unique_ptr<WebPAnimEncoder, decltype(&WebPAnimEncoderDelete)>;

void check(std::span<const Picture> frames, const AnimationOptions& animation) {
  const auto reject = [](const std::string& reason) { throw Error(ErrorKind::kUsage, reason); };
  if (frames.empty()) reject("an animation needs at least one picture");
  if (animation.frame_ms < kShortest || animation.frame_ms > kLongest) {
    reject("a frame stays 10 to 60000 ms, not " + std::to_string(animation.frame_ms));
  }
  const Picture& first = frames.front();
  if (first.width > WEBP_MAX_DIMENSION || first.height > WEBP_MAX_DIMENSION) {
    reject("a WebP's sides are at most " + std::to_string(WEBP_MAX_DIMENSION) + " pixels");
  }
  for (const Picture& frame : frames) {
    if (frame.width != first.width || frame.height != first.height) {
      reject("the pictures of an animation have one size");
    }
  }
}

void require(bool worked) {
  if (!worked) throw Error(ErrorKind::kRuntime, "cannot write an animated WebP file");
}

void add(WebPAnimEncoder* encoder, const Picture& frame, int milliseconds,
         const WebPConfig& config) {
  WebPPicture picture;
  require(WebPPictureInit(&picture) != 0);
  const std::unique_ptr<WebPPicture, decltype(&WebPPictureFree)> owner(&picture, WebPPictureFree);
  picture.use_argb = 1;
  picture.width = frame.width;
  picture.height = frame.height;
  require(WebPPictureImportRGBA(&picture, frame.rgba.data(), frame.width * 4) != 0);
  require(WebPAnimEncoderAdd(encoder, &picture, milliseconds, &config) != 0);
}

}  // namespace

std::string encode_animation(std::span<const Picture> frames, const AnimationOptions& animation,
                             const EncodeOptions& options) {
  check(frames, animation);
  WebPAnimEncoderOptions encoder_options;
  require(WebPAnimEncoderOptionsInit(&encoder_options) != 0);
  encoder_options.anim_params.loop_count = animation.loop ? 0 : 1;
  WebPConfig config;
  require(WebPConfigInit(&config) != 0);
  config.lossless = options.quality == 100 ? 1 : 0;
  config.quality = static_cast<float>(options.quality);

  const Encoder encoder(
      WebPAnimEncoderNew(frames.front().width, frames.front().height, &encoder_options),
      WebPAnimEncoderDelete);
  require(encoder != nullptr);
  int milliseconds = 0;
  for (const Picture& frame : frames) {
    add(encoder.get(), frame, milliseconds, config);
    milliseconds += animation.frame_ms;
  }
  require(WebPAnimEncoderAdd(encoder.get(), nullptr, milliseconds, nullptr) != 0);
  WebPData assembled{};
  require(WebPAnimEncoderAssemble(encoder.get(), &assembled) != 0);
  const std::unique_ptr<WebPData, decltype(&WebPDataClear)> owner(&assembled, WebPDataClear);
  return with_metadata({reinterpret_cast<const char*>(assembled.bytes), assembled.size},
                       options.metadata);
}

}  // namespace dalle2::image
