#include "image/jpeg_segments.h"

#include "dalle2/error.h"
#include "image/bytes.h"

namespace dalle2::image {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kExifMark = "Exif\0\0"sv;
constexpr std::size_t kMaxSegment = 65533;  // 16 bits, less the length field itself

enum Marker : std::uint32_t { kFill = 0xFF, kStartOfScan = 0xDA, kEndOfImage = 0xD9, kApp1 = 0xE1 };

}  // namespace

std::string_view jpeg_exif(std::string_view jpeg) {
  std::size_t at = 2;  // after the start-of-image marker
  while (at + 4 <= jpeg.size() && read_number(jpeg, at, 1, ByteOrder::kBig) == kFill) {
    const std::uint32_t marker = read_number(jpeg, at + 1, 1, ByteOrder::kBig);
    if (marker == kStartOfScan || marker == kEndOfImage) break;
    if (marker == kFill) {
      ++at;
      continue;
    }
    const std::size_t size = read_number(jpeg, at + 2, 2, ByteOrder::kBig);
    if (size < 2) break;
    const std::string_view data = slice(jpeg, at + 4, size - 2);
    if (marker == kApp1 && data.starts_with(kExifMark)) return data.substr(kExifMark.size());
    at += 2 + size;
  }
  return {};
}

std::string make_exif_segment(std::string_view exif) {
  std::string segment = std::string(kExifMark).append(exif);
  if (segment.size() > kMaxSegment) {
    throw Error(ErrorKind::kUsage, "the settings take " + std::to_string(segment.size()) +
                                       " bytes, and a JPEG holds at most " +
                                       std::to_string(kMaxSegment) +
                                       ": use --format png or --no-metadata");
  }
  return segment;
}

}  // namespace dalle2::image
