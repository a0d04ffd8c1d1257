#include "image/sixel.h"

#include <cstdlib>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "image/composite.h"
#include "picture_files.h"

namespace dalle2::image {
namespace {

/// Reads sixels as a terminal does; what nothing draws stays transparent.
class Terminal {
 public:
  explicit Terminal(const std::string& text) : text_(text) {
    EXPECT_TRUE(text.starts_with("\x1bP"));
    EXPECT_TRUE(text.ends_with("\x1b\\\n"));
    at_ = text.find('q') + 1;
    while (text_.at(at_) != '\x1b') step();
  }

  const Picture& picture() const { return picture_; }

 private:
  int number() {
    char* end = nullptr;
    const long value = std::strtol(&text_.at(at_), &end, 10);
    at_ = static_cast<std::size_t>(end - text_.data());
    return static_cast<int>(value);
  }

  void step() {
    const char c = text_.at(at_++);
    if (c == '"') {
      number(), ++at_, number(), ++at_;
      const int width = number();
      ++at_;
      picture_ = filled(width, number(), kTransparent);
    } else if (c == '#') {
      color_ = number();
      if (text_.at(at_) == ';') define();
    } else if (c == '!') {
      const int times = number();
      draw(text_.at(at_++), times);
    } else if (c == '$') {
      x_ = 0;
    } else if (c == '-') {
      x_ = 0;
      y_ += 6;
    } else {
      draw(c, 1);
    }
  }

  void define() {
    ++at_;
    EXPECT_EQ(number(), 2) << "not RGB";
    Color color;
    for (std::uint8_t* channel : {&color.red, &color.green, &color.blue}) {
      ++at_;
      *channel = static_cast<std::uint8_t>(number() * 255 / 100);
    }
    registers_[color_] = color;
  }

  void draw(char sixel, int times) {
    for (int i = 0; i < times; ++i, ++x_) {
      for (int bit = 0; bit < 6; ++bit) {
        if (((sixel - '?') >> bit & 1) == 0) continue;
        ASSERT_LT(x_, picture_.width);
        ASSERT_LT(y_ + bit, picture_.height);
        const Color color = registers_.at(color_);
        const std::size_t pixel =
            std::size_t(y_ + bit) * std::size_t(picture_.width) + std::size_t(x_);
        std::uint8_t* rgba = &picture_.rgba[4 * pixel];
        rgba[0] = color.red, rgba[1] = color.green, rgba[2] = color.blue, rgba[3] = 255;
      }
    }
  }

  std::string text_;
  std::size_t at_ = 0;
  std::map<int, Color> registers_;
  Picture picture_;
  int color_ = 0;
  int x_ = 0;
  int y_ = 0;
};

RC_GTEST_PROP(Sixel, ShowsEveryPixelOfAPictureWithFewColours, ()) {
  const Picture picture = with_background(*any_picture(), kWhite);
  RC_PRE(picture.rgba.size() <= 4 * 256);
  const Picture shown = Terminal(sixel_image(picture)).picture();
  RC_ASSERT(shown.width == picture.width && shown.height == picture.height);
  for (std::size_t i = 0; i < picture.rgba.size(); ++i) {
    // Registers are in percent.
    RC_ASSERT(std::abs(shown.rgba[i] - picture.rgba[i]) <= 2);
  }
}

TEST(Sixel, ShowsManyColoursNearly) {
  Picture ramps = filled(97, 50, kWhite);
  for (int i = 0; i < 97 * 50; ++i) {
    ramps.rgba[std::size_t(i) * 4] = static_cast<std::uint8_t>(255 * (i % 97) / 96);
    ramps.rgba[std::size_t(i) * 4 + 1] = static_cast<std::uint8_t>(255 * (i / 97) / 49);
  }
  const Picture shown = Terminal(sixel_image(ramps)).picture();
  ASSERT_EQ(shown.rgba.size(), ramps.rgba.size());
  for (std::size_t i = 0; i < ramps.rgba.size(); ++i) {
    ASSERT_LE(std::abs(shown.rgba[i] - ramps.rgba[i]), 16) << i;
  }
}

TEST(Sixel, WritesLongRunsShort) {
  EXPECT_LT(sixel_image(filled(500, 600, {10, 20, 30})).size(), 1500U);
}

}  // namespace
}  // namespace dalle2::image
