#include "image/exif.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "base/json.h"
#include "image/bytes.h"
#include "image/text_encoding.h"

namespace dalle2::image {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

// Tags and types of TIFF 6.0 and EXIF 2.32.
enum Tag : std::uint32_t {
  kOrientation = 0x0112,
  kExifIfd = 0x8769,
  kMakerNote = 0x927C,
  kUserComment = 0x9286,
};
enum Type : std::uint32_t { kShort = 3, kLong = 4, kUndefined = 7 };

constexpr std::size_t kEntrySize = 12;
constexpr std::string_view kMakerNoteMark = "dalle2\0"sv;
// UserComment starts with the name of its encoding, padded to eight bytes.
constexpr std::string_view kAsciiMark = "ASCII\0\0\0"sv;
constexpr std::string_view kUnicodeMark = "UNICODE\0"sv;

std::string user_comment(std::string_view text) {
  if (is_ascii(text)) return std::string(kAsciiMark).append(text);
  return std::string(kUnicodeMark) + utf8_to_utf16(text, ByteOrder::kBig);
}

std::string maker_note(const Metadata& entries) {
  Json pairs = Json::array();
  for (const TextEntry& entry : entries) pairs.push_back({entry.key, entry.text});
  return std::string(kMakerNoteMark) + pairs.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string parse_user_comment(std::string_view value, ByteOrder order) {
  const std::string_view mark = value.substr(0, kUnicodeMark.size());
  std::string_view text = slice(value, mark.size(), value.size());
  if (mark == kUnicodeMark) return utf16_to_utf8(text, order);
  while (text.ends_with('\0') || text.ends_with(' ')) text.remove_suffix(1);
  return to_utf8(text);
}

void parse_maker_note(std::string_view value, Metadata* metadata) {
  if (!value.starts_with(kMakerNoteMark)) return;
  const Json pairs = Json::parse(value.substr(kMakerNoteMark.size()), nullptr, false);
  if (!pairs.is_array()) return;
  for (const Json& pair : pairs) {
    if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string()) {
      metadata->push_back({pair[0].get<std::string>(), pair[1].get<std::string>()});
    }
  }
}

class Reader {
 public:
  explicit Reader(std::string_view tiff)
      : tiff_(tiff), order_(tiff.starts_with("II") ? ByteOrder::kLittle : ByteOrder::kBig) {}

  Exif read() {
    if (tiff_.starts_with("II*\0"sv) || tiff_.starts_with("MM\0*"sv)) read_ifd(number(4, 4), 0);
    return std::move(exif_);
  }

 private:
  std::uint32_t number(std::size_t offset, std::size_t size) const {
    return read_number(tiff_, offset, size, order_);
  }

  void read_ifd(std::size_t offset, int depth) {
    const std::uint32_t count = number(offset, 2);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::size_t entry = offset + 2 + i * kEntrySize;
      if (entry + kEntrySize > tiff_.size()) return;
      read_entry(entry, depth);
    }
  }

  void read_entry(std::size_t entry, int depth) {
    const std::uint32_t tag = number(entry, 2);
    const std::uint32_t size = number(entry + 4, 4);  // of the byte-sized types read here
    const std::size_t at = size <= 4 ? entry + 8 : number(entry + 8, 4);
    if (tag == kOrientation) {
      const std::uint32_t value = number(entry + 8, number(entry + 2, 2) == kShort ? 2 : 4);
      exif_.orientation = value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    } else if (tag == kExifIfd && depth == 0) {
      read_ifd(number(entry + 8, 4), depth + 1);
    } else if (tag == kUserComment) {
      const std::string text = parse_user_comment(slice(tiff_, at, size), order_);
      if (!text.empty()) exif_.metadata.insert(exif_.metadata.begin(), {"parameters", text});
    } else if (tag == kMakerNote) {
      parse_maker_note(slice(tiff_, at, size), &exif_.metadata);
    }
  }

  std::string_view tiff_;
  ByteOrder order_;
  Exif exif_;
};

}  // namespace

std::string make_exif(const Metadata& metadata) {
  std::vector<std::pair<Tag, std::string>> values;
  Metadata others;
  std::string comment;
  for (const TextEntry& entry : metadata) {
    if (entry.key == "parameters" && comment.empty()) {
      comment = user_comment(entry.text);
    } else {
      others.push_back(entry);
    }
  }
  if (!others.empty()) values.emplace_back(kMakerNote, maker_note(others));
  if (!comment.empty()) values.emplace_back(kUserComment, comment);

  std::string tiff = "MM\0*"s;
  const auto append = [&tiff](std::uint32_t value, std::size_t size) {
    append_number(&tiff, value, size, ByteOrder::kBig);
  };
  const auto append_entry = [&append](std::uint32_t tag, std::uint32_t type, std::size_t count,
                                      std::size_t value) {
    append(tag, 2);
    append(type, 2);
    append(static_cast<std::uint32_t>(count), 4);
    append(static_cast<std::uint32_t>(value), 4);
  };
  const auto ifd_size = [](std::size_t entries) { return 2 + entries * kEntrySize + 4; };

  append(8, 4);  // where the first IFD is
  append(1, 2);
  append_entry(kExifIfd, kLong, 1, tiff.size() - 2 + ifd_size(1));
  append(0, 4);  // no further IFD
  std::size_t data = tiff.size() + ifd_size(values.size());
  append(static_cast<std::uint32_t>(values.size()), 2);
  for (const auto& [tag, value] : values) {
    append_entry(tag, kUndefined, value.size(), data);  // a mark makes each longer than 4 bytes
    data += value.size();
  }
  append(0, 4);
  for (const auto& [tag, value] : values) tiff += value;
  return tiff;
}

Exif parse_exif(std::string_view tiff) { return Reader(tiff).read(); }

}  // namespace dalle2::image
