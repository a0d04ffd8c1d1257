#include <cstdio>
// jpeglib.h needs FILE.
#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include <jerror.h>
#include <jpeglib.h>

#include "dalle2/error.h"
#include "image/composite.h"
#include "image/exif.h"
#include "image/format.h"
#include "image/jpeg_segments.h"
#include "image/orientation.h"

namespace dalle2::image {
namespace {

using namespace std::string_view_literals;

constexpr std::array kExtensions = {".jpg"sv, ".jpeg"sv, ".jpe"sv};
constexpr int kMaxScans = 200;  // a progressive file repeats its work for each

// libjpeg reports errors by calling back, and expects the callback not to return. Everything that
// longjmp passes over must be trivial, so the functions that call setjmp own no objects.
struct ErrorManager {
  jpeg_error_mgr base;  // first, so that libjpeg's pointer is also ours
  std::jmp_buf jump;
  std::array<char, JMSG_LENGTH_MAX> message;
};

[[noreturn]] void on_error(j_common_ptr state) {
  auto* errors = reinterpret_cast<ErrorManager*>(state->err);
  state->err->format_message(state, errors->message.data());
  std::longjmp(errors->jump, 1);
}

// libjpeg fills missing data with grey and warns; half a picture is not what anyone wants here.
void on_message(j_common_ptr state, int level) {
  if (level >= 0) return;
  const int code = state->err->msg_code;
  if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE)
    on_error(state);
}

jpeg_error_mgr* set_up(ErrorManager* errors) {
  jpeg_std_error(&errors->base);
  errors->base.error_exit = on_error;
  errors->base.emit_message = on_message;
  errors->message[0] = '\0';
  return &errors->base;
}

void check_scans(j_common_ptr state) {
  if (reinterpret_cast<j_decompress_ptr>(state)->input_scan_number > kMaxScans) {
    auto* errors = reinterpret_cast<ErrorManager*>(state->err);
    std::snprintf(errors->message.data(), errors->message.size(), "it has over %d scans",
                  kMaxScans);
    std::longjmp(errors->jump, 1);
  }
}

bool read_header(jpeg_decompress_struct* jpeg, std::string_view bytes) {
  auto* errors = reinterpret_cast<ErrorManager*>(jpeg->err);
  if (setjmp(errors->jump) != 0) return false;
  jpeg_create_decompress(jpeg);
  jpeg_mem_src(jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(jpeg, TRUE);
  const bool four_inks = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
  jpeg->out_color_space = four_inks ? JCS_CMYK : JCS_EXT_RGBA;
  return true;
}

bool read_pixels(jpeg_decompress_struct* jpeg, std::uint8_t* pixels) {
  auto* errors = reinterpret_cast<ErrorManager*>(jpeg->err);
  if (setjmp(errors->jump) != 0) return false;
  jpeg_progress_mgr progress{};
  progress.progress_monitor = check_scans;
  jpeg->progress = &progress;
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    JSAMPROW row = pixels + std::size_t(jpeg->output_scanline) * jpeg->output_width * 4;
    jpeg_read_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_decompress(jpeg);
  jpeg->progress = nullptr;
  return true;
}

// Plain mixing of inks, without a colour profile. Adobe's files hold 255 minus the ink.
void cmyk_to_rgba(bool inverted, std::vector<std::uint8_t>* pixels) {
  for (std::size_t i = 0; i < pixels->size(); i += 4) {
    std::uint8_t* pixel = &(*pixels)[i];
    const unsigned black = inverted ? pixel[3] : 255U - pixel[3];
    for (int c = 0; c < 3; ++c) {
      const unsigned ink = inverted ? pixel[c] : 255U - pixel[c];
      pixel[c] = static_cast<std::uint8_t>((ink * black + 127) / 255);
    }
    pixel[3] = 255;
  }
}

struct Decompressor {
  ErrorManager errors{};
  jpeg_decompress_struct state{};

  Decompressor() { state.err = set_up(&errors); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  ~Decompressor() { jpeg_destroy_decompress(&state); }
};

struct Compressor {
  ErrorManager errors{};
  jpeg_compress_struct state{};
  unsigned char* bytes = nullptr;  // malloc'ed by libjpeg
  unsigned long size = 0;

  Compressor() { state.err = set_up(&errors); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor() {
    jpeg_destroy_compress(&state);
    std::free(bytes);
  }
};

bool write(Compressor* jpeg, const Picture& picture, int quality, const std::string& exif) {
  if (setjmp(jpeg->errors.jump) != 0) return false;
  jpeg_create_compress(&jpeg->state);
  jpeg_mem_dest(&jpeg->state, &jpeg->bytes, &jpeg->size);
  jpeg->state.image_width = static_cast<JDIMENSION>(picture.width);
  jpeg->state.image_height = static_cast<JDIMENSION>(picture.height);
  jpeg->state.input_components = 4;
  jpeg->state.in_color_space = JCS_EXT_RGBX;
  jpeg_set_defaults(&jpeg->state);
  jpeg_set_quality(&jpeg->state, quality, TRUE);
  if (quality >= 90) {
    // Flat colours with sharp edges, as stickers have, suffer from halved colour resolution.
    jpeg->state.comp_info[0].h_samp_factor = 1;
    jpeg->state.comp_info[0].v_samp_factor = 1;
  }
  jpeg->state.optimize_coding = TRUE;
  jpeg_start_compress(&jpeg->state, TRUE);
  if (!exif.empty()) {
    jpeg_write_marker(&jpeg->state, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(exif.data()),
                      static_cast<unsigned>(exif.size()));
  }
  while (jpeg->state.next_scanline < jpeg->state.image_height) {
    const std::size_t offset =
        std::size_t(jpeg->state.next_scanline) * std::size_t(picture.width) * 4;
    auto* row = const_cast<JSAMPROW>(picture.rgba.data() + offset);
    jpeg_write_scanlines(&jpeg->state, &row, 1);
  }
  jpeg_finish_compress(&jpeg->state);
  return true;
}

bool matches(std::string_view bytes) { return bytes.starts_with("\xff\xd8\xff"sv); }

std::string encode(const Picture& picture, const EncodeOptions& options) {
  const Picture opaque =
      with_background(picture, options.background.alpha == 255 ? options.background : kWhite);
  const std::string exif =
      options.metadata.empty() ? std::string() : make_exif_segment(make_exif(options.metadata));
  Compressor jpeg;
  if (!write(&jpeg, opaque, options.quality, exif)) {
    throw Error(ErrorKind::kRuntime,
                "cannot write a JPEG: " + std::string(jpeg.errors.message.data()));
  }
  return {reinterpret_cast<const char*>(jpeg.bytes), jpeg.size};
}

Picture decode_file(std::string_view bytes, const DecodeLimits& limits) {
  Decompressor jpeg;
  if (!read_header(&jpeg.state, bytes)) refuse_file("JPEG", jpeg.errors.message.data());
  check_pixels("JPEG", jpeg.state.image_width, jpeg.state.image_height, limits);
  Picture picture{
      static_cast<int>(jpeg.state.image_width), static_cast<int>(jpeg.state.image_height), {}};
  picture.rgba.resize(std::size_t(picture.width) * std::size_t(picture.height) * 4);
  if (!read_pixels(&jpeg.state, picture.rgba.data())) {
    refuse_file("JPEG", jpeg.errors.message.data());
  }
  if (jpeg.state.out_color_space == JCS_CMYK) {
    cmyk_to_rgba(jpeg.state.saw_Adobe_marker != 0, &picture.rgba);
  }
  return oriented(std::move(picture), parse_exif(jpeg_exif(bytes)).orientation);
}

Metadata read_texts(std::string_view bytes) { return parse_exif(jpeg_exif(bytes)).metadata; }

}  // namespace

const Format kJpegFormat = {"jpeg",  kExtensions, "image/jpeg", false,
                            matches, encode,      decode_file,  read_texts};

}  // namespace dalle2::image
