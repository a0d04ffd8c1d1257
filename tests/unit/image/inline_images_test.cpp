#include "image/inline_images.h"

#include <gtest/gtest.h>

#include "image/codec.h"
#include "image/composite.h"

namespace dalle2::image {
namespace {

std::string from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255U);
  }
  return bytes;
}

/// Hard to pack, so that it takes several pieces.
Picture noisy() {
  Picture picture = filled(64, 64, kTransparent);
  unsigned state = 1;
  for (std::uint8_t& byte : picture.rgba)
    byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return picture;
}

TEST(KittyImage, HandsOverThePngInPiecesOfAllowedSize) {
  const std::string png = encode(noisy(), format_named("png"));
  std::string text = kitty_image(png);
  ASSERT_TRUE(text.ends_with("\x1b\\\n"));
  text.pop_back();
  std::string data;
  int pieces = 0;
  bool more = true;
  while (!text.empty()) {
    ASSERT_TRUE(more);
    ASSERT_TRUE(text.starts_with("\x1b_G")) << text.substr(0, 20);
    const std::size_t end = text.find("\x1b\\");
    const std::size_t semicolon = text.find(';');
    const std::string keys = text.substr(3, semicolon - 3);
    EXPECT_EQ(keys.find("a=T,f=100,q=2,") == 0, pieces == 0) << keys;
    more = keys.ends_with("m=1");
    const std::string piece = text.substr(semicolon + 1, end - semicolon - 1);
    EXPECT_LE(piece.size(), 4096U);
    EXPECT_TRUE(!more || piece.size() % 4 == 0);
    data += piece;
    text.erase(0, end + 2);
    ++pieces;
  }
  EXPECT_FALSE(more);
  EXPECT_GT(pieces, 2);
  EXPECT_EQ(decode(from_base64(data)).rgba, decode(png).rgba);
}

TEST(ItermImage, HandsOverTheFile) {
  const std::string png = encode(noisy(), format_named("png"));
  const std::string text = iterm_image(png);
  const std::string start = "\x1b]1337;File=inline=1;size=" + std::to_string(png.size()) + ":";
  ASSERT_TRUE(text.starts_with(start));
  ASSERT_TRUE(text.ends_with("\a\n"));
  EXPECT_EQ(from_base64(text.substr(start.size(), text.size() - start.size() - 2)), png);
}

}  // namespace
}  // namespace dalle2::image
