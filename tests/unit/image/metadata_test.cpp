#include "image/metadata.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/expect_error.h"
#include "image/codec.h"
#include "image/png_chunks.h"
#include "picture_files.h"

namespace dalle2::image {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

const Metadata kFox = {{"parameters", "a fox\nSteps: 20"}, {"dalle2", R"({"prompt": "a fox"})"}};
const Metadata kUnicodeFox = {{"parameters", "🦊 лиса, naïve\nSteps: 20"},
                              {"dalle2", R"({"prompt": "🦊"})"}};

TEST(Metadata, ReadsWhatPillowWrites) {
  for (const auto& row : expected_pictures()["files"]) {
    const auto name = row["file"].get<std::string>();
    Metadata expected;
    for (const auto& pair : row["metadata"]) expected.push_back({pair[0], pair[1]});
    EXPECT_EQ(read_metadata(read_bytes(picture_folder() / name)), expected) << name;
  }
}

TEST(Metadata, ComesBackFromEveryFormat) {
  for (const Format* format : formats()) {
    for (const Metadata& metadata : {kFox, kUnicodeFox, Metadata{}, Metadata{{"dalle2", "{}"}}}) {
      for (const Picture& picture : {gradient(9, 5), opaque_gradient(9, 5)}) {
        const std::string bytes = encode(picture, *format, {.metadata = metadata});
        EXPECT_EQ(read_metadata(bytes), metadata) << format->name;
        EXPECT_EQ(decode(bytes).width, 9) << format->name;
      }
    }
  }
}

TEST(Metadata, DoesNotChangeThePixels) {
  for (const Format* format : formats()) {
    const std::string plain = encode(gradient(9, 5), *format);
    const std::string with_texts = encode(gradient(9, 5), *format, {.metadata = kUnicodeFox});
    EXPECT_EQ(decode(plain).rgba, decode(with_texts).rgba) << format->name;
  }
}

RC_GTEST_PROP(Metadata, OfAnyTextComesBackFromEveryFormat, ()) {
  const std::vector<std::string> letters = {"a", "Z", "\n", "\t",   "\"",    "é",
                                            "ÿ", "Ā", "狐", "🦊", "\u0301"};
  std::string text = *rc::gen::elementOf(letters);
  for (const auto& letter :
       *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(letters))) {
    text += letter;
  }
  const Metadata metadata = {{"parameters", text}, {"dalle2", text + text}};
  for (const Format* format : formats()) {
    RC_ASSERT(read_metadata(encode(gradient(2, 2), *format, {.metadata = metadata})) == metadata);
  }
}

TEST(Metadata, IsPlainTextInPngWhereLatin1HoldsIt) {
  const auto types = [](const Metadata& metadata) {
    std::vector<std::string> result;
    const std::string png = encode(gradient(2, 2), format_named("png"), {.metadata = metadata});
    for (const PngChunk& chunk : png_chunks(png)) result.emplace_back(chunk.type);
    return result;
  };
  EXPECT_THAT(types(kFox), testing::ElementsAre("IHDR", "tEXt", "tEXt", "IDAT", "IEND"));
  EXPECT_THAT(types({{"parameters", "naïve"}}),
              testing::ElementsAre("IHDR", "tEXt", "IDAT", "IEND"));
  EXPECT_THAT(types(kUnicodeFox), testing::ElementsAre("IHDR", "iTXt", "iTXt", "IDAT", "IEND"));
}

TEST(Metadata, IsReadFromAFileWithoutPixels) {
  std::string png = encode(gradient(64, 64), format_named("png"), {.metadata = kFox});
  png.resize(png.find("IDAT"));
  EXPECT_EQ(read_metadata(png), kFox);
}

TEST(Metadata, TooLongForJpegIsRefusedWithTheWayOut) {
  const Metadata metadata = {{"parameters", std::string(70000, 'x')}};
  expect_error(ErrorKind::kUsage, HasSubstr("--format png"),
               [&] { encode(gradient(2, 2), format_named("jpeg"), {.metadata = metadata}); });
  for (const char* name : {"png", "webp"}) {
    EXPECT_EQ(read_metadata(encode(gradient(2, 2), format_named(name), {.metadata = metadata})),
              metadata);
  }
}

TEST(Metadata, KeysThatPngCannotHoldAreRefused) {
  for (const auto& key : {""s, std::string(80, 'k'), "a key"s, "clé"s, "tab\t"s}) {
    expect_error(ErrorKind::kUsage, HasSubstr("metadata key"), [&] {
      encode(gradient(2, 2), format_named("png"), {.metadata = {{key, "x"}}});
    });
  }
}

TEST(Metadata, OfAnotherKindOfFileIsRefused) {
  expect_error(ErrorKind::kUsage, HasSubstr("not a PNG"), [] { read_metadata("GIF89a"); });
}

TEST(Metadata, IsFoundByItsKey) {
  ASSERT_NE(find_text(kFox, "dalle2"), nullptr);
  EXPECT_EQ(*find_text(kFox, "dalle2"), kFox[1].text);
  EXPECT_EQ(find_text(kFox, "exif"), nullptr);
}

}  // namespace
}  // namespace dalle2::image
