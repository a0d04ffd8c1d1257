#include "image/color.h"

#include <array>
#include <charconv>
#include <optional>

#include "dalle2/error.h"

namespace dalle2::image {
namespace {

struct NamedColor {
  std::string_view name;
  Color color;
};

constexpr std::array kNamedColors = {
    NamedColor{"transparent", kTransparent},    NamedColor{"white", kWhite},
    NamedColor{"silver", {192, 192, 192, 255}}, NamedColor{"gray", {128, 128, 128, 255}},
    NamedColor{"black", {0, 0, 0, 255}},        NamedColor{"red", {255, 0, 0, 255}},
    NamedColor{"maroon", {128, 0, 0, 255}},     NamedColor{"yellow", {255, 255, 0, 255}},
    NamedColor{"olive", {128, 128, 0, 255}},    NamedColor{"lime", {0, 255, 0, 255}},
    NamedColor{"green", {0, 128, 0, 255}},      NamedColor{"aqua", {0, 255, 255, 255}},
    NamedColor{"teal", {0, 128, 128, 255}},     NamedColor{"blue", {0, 0, 255, 255}},
    NamedColor{"navy", {0, 0, 128, 255}},       NamedColor{"fuchsia", {255, 0, 255, 255}},
    NamedColor{"purple", {128, 0, 128, 255}},
};

std::optional<Color> parse_hex(std::string_view digits) {
  if (digits.size() != 3 && digits.size() != 6) return std::nullopt;
  unsigned value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, value, 16);
  if (failure != std::errc() || stop != end) return std::nullopt;
  const auto byte = [](unsigned channel) { return static_cast<std::uint8_t>(channel); };
  if (digits.size() == 6) {
    return Color{byte(value >> 16 & 255), byte(value >> 8 & 255), byte(value & 255), 255};
  }
  return Color{byte((value >> 8 & 15) * 17), byte((value >> 4 & 15) * 17), byte((value & 15) * 17),
               255};
}

}  // namespace

Color parse_color(std::string_view text) {
  if (text.starts_with('#')) {
    if (const auto color = parse_hex(text.substr(1))) return *color;
  }
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
  }
  for (const NamedColor& named : kNamedColors) {
    if (named.name == lower) return named.color;
  }
  throw Error(ErrorKind::kUsage, "'" + std::string(text) +
                                     "' is not a colour: use #rrggbb, #rgb, transparent, or a "
                                     "basic CSS name such as white");
}

std::string to_string(Color color) {
  if (color.alpha == 0) return "transparent";
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "#";
  for (const std::uint8_t channel : {color.red, color.green, color.blue}) {
    text += kDigits[channel >> 4];
    text += kDigits[channel & 15];
  }
  return text;
}

}  // namespace dalle2::image
