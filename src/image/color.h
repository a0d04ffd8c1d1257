#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dalle2::image {

/// An sRGB colour with straight alpha.
struct Color {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  std::uint8_t alpha = 255;

  bool operator==(const Color&) const = default;
};

inline constexpr Color kTransparent{0, 0, 0, 0};
inline constexpr Color kWhite{255, 255, 255, 255};

/// Reads `#rgb`, `#rrggbb`, `transparent` or one of CSS's sixteen basic names, in either case.
/// Throws Error(kUsage).
Color parse_color(std::string_view text);

/// `#rrggbb`, or `transparent` when alpha is 0: what parse_color reads back.
std::string to_string(Color color);

}  // namespace dalle2::image
