#include "image/png_chunks.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "image/bytes.h"
#include "image/codec.h"
#include "picture_files.h"

namespace dalle2::image {
namespace {

using namespace std::string_literals;

std::string with_chunk(const std::string& type, const std::string& data) {
  std::string png(kPngSignature);
  append_number(&png, static_cast<std::uint32_t>(data.size()), 4, ByteOrder::kBig);
  return png + type + data + "crc.";
}

std::string packed(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string result(size, '\0');
  compress(reinterpret_cast<Bytef*>(result.data()), &size,
           reinterpret_cast<const Bytef*>(text.data()), text.size());
  result.resize(size);
  return result;
}

TEST(PngChunks, CarryTheirChecksum) {
  const std::string chunk = make_text_chunk({"Title", "fox"});
  ASSERT_EQ(chunk, "\0\0\0\x09tEXtTitle\0fox"s + chunk.substr(chunk.size() - 4));
  const auto* checked = reinterpret_cast<const Bytef*>(chunk.data() + 4);
  EXPECT_EQ(read_number(chunk, chunk.size() - 4, 4, ByteOrder::kBig), crc32(0, checked, 13));
}

TEST(PngChunks, EndWhereTheFileDoes) {
  const std::string png = encode(gradient(3, 3), format_named("png"));
  for (std::size_t size = 0; size < png.size(); ++size) {
    const std::string start = png.substr(0, size);
    for (const PngChunk& chunk : png_chunks(start)) EXPECT_NE(chunk.type, "IEND");
  }
}

TEST(PngChunks, WithTextsThatAreDamagedAreLeftOut) {
  const std::string zeros(17 << 20, '\0');  // packs to 17 kB
  for (const auto& [type, data] : {std::pair{"tEXt"s, ""s},
                                   {"tEXt"s, "\0text"s},
                                   {"zTXt"s, "key\0"s},
                                   {"zTXt"s, "key\0\0not deflated"s},
                                   {"iTXt"s, "key\0"s},
                                   {"zTXt"s, "key\0\0"s + packed(zeros)},
                                   {"iTXt"s, "key\0\1\0\0\0"s + packed(zeros)},
                                   {"zTXt"s, "key\0\0"s + packed("text").substr(0, 5)}}) {
    EXPECT_TRUE(read_text_chunks(with_chunk(type, data)).empty()) << type;
  }
}

TEST(PngChunks, WithoutAZeroAreAnEmptyText) {
  EXPECT_EQ(read_text_chunks(with_chunk("tEXt", "key")), (Metadata{{"key", ""}}));
}

TEST(PngChunks, ThatPromiseUtf8AndBreakItAreReadAsLatin1) {
  EXPECT_EQ(read_text_chunks(with_chunk("iTXt", "key\0\0\0\0\0na\xefve"s)),
            (Metadata{{"key", "naïve"}}));
}

}  // namespace
}  // namespace dalle2::image
