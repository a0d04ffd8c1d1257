#include "image/png_chunks.h"

#include <algorithm>
#include <array>
#include <optional>

#include <zlib.h>

#include "dalle2/error.h"
#include "image/bytes.h"
#include "image/text_encoding.h"

namespace dalle2::image {
namespace {

constexpr std::size_t kMaxText = 16 << 20;
constexpr std::size_t kMaxKeyword = 79;
// Signature, then IHDR's length, type, 13 bytes of data and CRC.
constexpr std::size_t kHeaderSize = 8 + 4 + 4 + 13 + 4;

std::string make_chunk(std::string_view type, std::string_view data) {
  std::string chunk;
  append_number(&chunk, static_cast<std::uint32_t>(data.size()), 4, ByteOrder::kBig);
  chunk.append(type).append(data);
  const auto* checked = reinterpret_cast<const Bytef*>(chunk.data() + 4);
  const uLong crc = crc32(0, checked, static_cast<uInt>(chunk.size() - 4));
  append_number(&chunk, static_cast<std::uint32_t>(crc), 4, ByteOrder::kBig);
  return chunk;
}

// Nothing when the stream is damaged or unpacks to more than kMaxText.
std::optional<std::string> inflate_text(std::string_view packed) {
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  std::string text;
  std::array<char, 1 << 14> buffer;
  int status = Z_OK;
  while (status == Z_OK && text.size() <= kMaxText) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END || text.size() > kMaxText) return std::nullopt;
  return text;
}

// The bytes before the next zero, which is taken off as well.
std::string_view take_string(std::string_view* data) {
  const std::size_t end = std::min(data->find('\0'), data->size());
  const std::string_view taken = data->substr(0, end);
  data->remove_prefix(std::min(end + 1, data->size()));
  return taken;
}

std::optional<std::string> unpack(bool packed, std::string_view data) {
  return packed ? inflate_text(data) : std::optional(std::string(data));
}

// The text after the keyword in each kind of chunk.
std::optional<std::string> text_of(std::string_view type, std::string_view data) {
  std::optional<std::string> text;
  if (type == "tEXt" || type == "zTXt") {
    const bool packed = type == "zTXt";
    text = unpack(packed, packed ? slice(data, 1, data.size()) : data);
    if (text) text = latin1_to_utf8(*text);
  } else if (type == "iTXt" && data.size() >= 2) {
    const bool packed = data[0] == 1;
    data.remove_prefix(2);
    take_string(&data);  // language
    take_string(&data);  // translated keyword
    text = unpack(packed, data);
    if (text) text = to_utf8(*text);
  }
  return text;
}

}  // namespace

std::vector<PngChunk> png_chunks(std::string_view png) {
  std::vector<PngChunk> chunks;
  std::size_t at = kPngSignature.size();
  while (at + 12 <= png.size()) {
    const std::size_t size = read_number(png, at, 4, ByteOrder::kBig);
    if (size > png.size() - at - 12) break;
    chunks.push_back({png.substr(at + 4, 4), png.substr(at + 8, size)});
    if (chunks.back().type == "IEND") break;
    at += size + 12;
  }
  return chunks;
}

std::string make_text_chunk(const TextEntry& entry) {
  const bool fits = !entry.key.empty() && entry.key.size() <= kMaxKeyword;
  if (!fits || !std::all_of(entry.key.begin(), entry.key.end(),
                            [](char c) { return c > ' ' && c <= '~'; })) {
    throw Error(ErrorKind::kUsage, "'" + entry.key +
                                       "' cannot be a metadata key: 1 to 79 printable "
                                       "ASCII characters");
  }
  if (entry.text.find('\0') == std::string::npos) {
    if (const auto latin1 = utf8_to_latin1(entry.text)) {
      return make_chunk("tEXt", entry.key + '\0' + *latin1);
    }
  }
  // Not compressed, no language, no translated keyword.
  return make_chunk("iTXt", entry.key + std::string(5, '\0') + entry.text);
}

std::string splice_text_chunks(std::string_view png, const Metadata& metadata) {
  std::string result(png.substr(0, kHeaderSize));
  for (const TextEntry& entry : metadata) result += make_text_chunk(entry);
  return result.append(png.substr(kHeaderSize));
}

Metadata read_text_chunks(std::string_view png) {
  Metadata metadata;
  for (const PngChunk& chunk : png_chunks(png)) {
    std::string_view data = chunk.data;
    if (chunk.type != "tEXt" && chunk.type != "zTXt" && chunk.type != "iTXt") continue;
    const std::string key = latin1_to_utf8(take_string(&data));
    if (key.empty() || data.size() > kMaxText) continue;
    if (auto text = text_of(chunk.type, data)) metadata.push_back({key, std::move(*text)});
  }
  return metadata;
}

}  // namespace dalle2::image
