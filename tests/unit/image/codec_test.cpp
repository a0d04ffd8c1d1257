#include "image/codec.h"

#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include "image/bytes.h"
#include "image/composite.h"
#include "picture_files.h"
#include "unit/expect_error.h"

namespace dalle2::image {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

int worst_difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  int worst = a.size() == b.size() ? 0 : 256;
  for (std::size_t i = 0; i < a.size() && worst < 256; ++i)
    worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

TEST(Codec, SeesWhatPillowSeesInEveryKindOfFile) {
  for (const auto& row : expected_pictures()["files"]) {
    const auto name = row["file"].get<std::string>();
    const Picture picture = decode(read_bytes(picture_folder() / name));
    EXPECT_EQ(picture.width, row["width"]) << name;
    EXPECT_EQ(picture.height, row["height"]) << name;
    EXPECT_LE(worst_difference(picture.rgba, from_hex(row["rgba"])), row["tolerance"]) << name;
  }
}

TEST(Codec, KnowsEveryGoldenFileByItsBytesAndByItsName) {
  for (const auto& row : expected_pictures()["files"]) {
    const auto name = row["file"].get<std::string>();
    const Format* by_name = format_of(name);
    ASSERT_NE(by_name, nullptr) << name;
    EXPECT_EQ(&format_of_bytes(read_bytes(picture_folder() / name)), by_name) << name;
  }
}

RC_GTEST_PROP(Codec, PngKeepsEveryBit, ()) {
  const Picture picture = *any_picture();
  const Picture back = decode(encode(picture, format_named("png")));
  RC_ASSERT(back.width == picture.width);
  RC_ASSERT(back.height == picture.height);
  RC_ASSERT(back.rgba == picture.rgba);
}

RC_GTEST_PROP(Codec, WebpOfFullQualityKeepsEveryVisibleBit, ()) {
  const Picture picture = *any_picture();
  const Picture back = decode(encode(picture, format_named("webp"), {.quality = 100}));
  for (std::size_t i = 0; i < picture.rgba.size(); ++i) {
    if (picture.rgba[i / 4 * 4 + 3] != 0) RC_ASSERT(back.rgba[i] == picture.rgba[i]);
  }
}

TEST(Codec, KeepsPicturesOfOnePixelAndOfManyWhole) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {300, 1}, {257, 129}}) {
    const Picture picture = gradient(width, height);
    EXPECT_EQ(decode(encode(picture, format_named("png"))).rgba, picture.rgba);
    for (const Format* format : formats()) {
      const Picture back = decode(encode(picture, *format));
      EXPECT_EQ(back.width, width) << format->name;
      EXPECT_EQ(back.height, height) << format->name;
    }
  }
}

TEST(Codec, LossyFormatsStayCloseToASmoothPicture) {
  Picture picture = filled(64, 64, {0, 0, 0, 255});
  for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
    picture.rgba[i] = static_cast<std::uint8_t>(i / 4 % 64 * 4);
    picture.rgba[i + 1] = static_cast<std::uint8_t>(i / 4 / 64 * 4);
  }
  for (const Format* format : formats()) {
    const Picture back = decode(encode(picture, *format, {.quality = 95}));
    EXPECT_LE(worst_difference(back.rgba, picture.rgba), 14) << format->name;
  }
}

TEST(Codec, QualityMakesFilesLarger) {
  for (const char* name : {"jpeg", "webp"}) {
    const Picture picture = opaque_gradient(64, 64);
    const std::size_t low = encode(picture, format_named(name), {.quality = 20}).size();
    EXPECT_LT(low, encode(picture, format_named(name), {.quality = 95}).size()) << name;
  }
}

TEST(Codec, PutsTheBackgroundUnderPicturesInJpegOnly) {
  const Picture nothing = filled(16, 16, kTransparent);
  const EncodeOptions red{.quality = 100, .background = {255, 0, 0, 255}};
  for (const Format* format : formats()) {
    const Picture back = decode(encode(nothing, *format, red));
    EXPECT_EQ(back.rgba[3], format->alpha ? 0 : 255) << format->name;
    EXPECT_GE(back.rgba[0], format->alpha ? 0 : 250) << format->name;
  }
}

TEST(Codec, OpaquePngsHaveNoAlphaChannel) {
  const std::string opaque = encode(opaque_gradient(8, 8), format_named("png"));
  const std::string transparent = encode(gradient(8, 8), format_named("png"));
  constexpr std::size_t kColorType = 25;  // in IHDR: 2 is RGB, 6 is RGBA
  EXPECT_EQ(opaque[kColorType], 2);
  EXPECT_EQ(transparent[kColorType], 6);
}

TEST(Codec, RefusesEveryTruncation) {
  for (const auto& row : expected_pictures()["files"]) {
    const auto name = row["file"].get<std::string>();
    const std::string bytes = read_bytes(picture_folder() / name);
    // The last few bytes of a file may be nothing but its end mark, or belong to a later frame.
    const std::size_t pixels_end = name == "animated.webp" ? 100 : bytes.size() - 14;
    for (std::size_t size = 0; size < pixels_end; size += 1 + size / 40) {
      expect_error(ErrorKind::kUsage, testing::Not(testing::IsEmpty()),
                   [&] { decode(std::string_view(bytes).substr(0, size)); });
    }
  }
}

TEST(Codec, TakesNoMemoryForWhatAPngOnlySaysItHas) {
  std::string bytes = encode(gradient(8, 8), format_named("png"));
  constexpr std::size_t kAfterHeader = 33;
  bytes.insert(kAfterHeader, std::string("\x70\0\0\0zTXt", 8));  // 1.9 GB
  const auto peak_megabytes = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
  };
  const long before = peak_megabytes();
  expect_error(ErrorKind::kUsage, HasSubstr("cannot be read"), [&] { decode(bytes); });
  EXPECT_LT(peak_megabytes() - before, 500);
}

TEST(Codec, SurvivesEveryByteBeingWrong) {
  for (const auto& row : expected_pictures()["files"]) {
    const std::string whole = read_bytes(picture_folder() / row["file"].get<std::string>());
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ 0xFF);
      try {
        const Picture picture = decode(bytes, {.max_pixels = 1 << 16});
        EXPECT_EQ(picture.rgba.size(),
                  std::size_t(picture.width) * std::size_t(picture.height) * 4);
        read_metadata(bytes);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      }
    }
  }
}

// A few bytes that announce 60,000 x 60,000 pixels must not cost 14 GB.
TEST(Codec, RefusesBombsBeforeTheyUnpack) {
  std::string png = read_bytes(picture_folder() / "rgb.png");
  std::string header = "IHDR";
  append_number(&header, 60000, 4, ByteOrder::kBig);
  append_number(&header, 60000, 4, ByteOrder::kBig);
  header += png.substr(24, 5);
  const auto* checked = reinterpret_cast<const Bytef*>(header.data());
  append_number(&header, static_cast<std::uint32_t>(crc32(0, checked, 17)), 4, ByteOrder::kBig);
  png.replace(12, header.size(), header);
  expect_error(ErrorKind::kUsage, HasSubstr("60000x60000"), [&] { decode(png); });

  std::string jpeg = read_bytes(picture_folder() / "rgb.jpg");
  const std::size_t frame = jpeg.find("\xff\xc0"s);
  jpeg.replace(frame + 5, 4, "\xea\x60\xea\x60");
  expect_error(ErrorKind::kUsage, HasSubstr("60000x60000"), [&] { decode(jpeg); });

  const std::string webp = encode(filled(300, 200, kWhite), format_named("webp"));
  expect_error(ErrorKind::kUsage, HasSubstr("300x200"),
               [&] { decode(webp, {.max_pixels = 59999}); });
  EXPECT_EQ(decode(webp, {.max_pixels = 60000}).width, 300);
}

TEST(Codec, SaysWhatAFileIsWhenItIsNoPicture) {
  expect_error(ErrorKind::kUsage, HasSubstr("an empty file"), [] { decode(""); });
  expect_error(ErrorKind::kUsage, HasSubstr("a GIF picture"), [] { decode("GIF89a..."); });
  expect_error(ErrorKind::kUsage, HasSubstr("an SVG picture"), [] { decode("<svg xmlns="); });
  expect_error(ErrorKind::kUsage, HasSubstr("not a PNG, JPEG or WebP"), [] { decode("hello"); });
  expect_error(ErrorKind::kUsage, HasSubstr("not a PNG, JPEG or WebP"),
               [] { decode("RIFF\x10\0\0\0WAVEfmt "s); });
}

TEST(Codec, RefusesPicturesAndOptionsOutOfRange) {
  const Format& png = format_named("png");
  expect_error(ErrorKind::kUsage, HasSubstr("0x3"), [&] { encode({0, 3, {}}, png); });
  expect_error(ErrorKind::kUsage, HasSubstr("7 bytes"), [&] {
    encode({1, 2, {1, 2, 3, 4, 5, 6, 7}}, png);
  });
  expect_error(ErrorKind::kUsage, HasSubstr("1 to 100"),
               [&] { encode(gradient(1, 1), png, {.quality = 101}); });
  expect_error(ErrorKind::kUsage, HasSubstr("16383"),
               [] { encode(filled(20000, 1, kWhite), format_named("webp")); });
}

TEST(Codec, FindsFormatsByNameAndExtensionInEitherCase) {
  EXPECT_EQ(format_named("JPG").name, "jpeg");
  EXPECT_EQ(format_of("a/fox.PNG")->name, "png");
  EXPECT_EQ(format_of("fox.jpeg")->name, "jpeg");
  EXPECT_EQ(format_of("fox.gif"), nullptr);
  EXPECT_EQ(format_of("fox"), nullptr);
  expect_error(ErrorKind::kUsage, HasSubstr("png, jpeg, webp"), [] { format_named("gif"); });
}

}  // namespace
}  // namespace dalle2::image
