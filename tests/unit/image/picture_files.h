#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "dalle2/picture.h"

/// The files in pictures/, which scripts/golden/pictures.py writes with Pillow, and pictures to
/// test with.
namespace dalle2::image {

inline std::filesystem::path picture_folder() {
  return std::filesystem::path(DALLE2_TEST_FIXTURES).parent_path() / "unit/image/pictures";
}

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline const nlohmann::json& expected_pictures() {
  static const auto kExpected =
      nlohmann::json::parse(read_bytes(picture_folder() / "expected.json"));
  return kExpected;
}

inline std::vector<std::uint8_t> from_hex(const std::string& hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

/// Every pixel another colour, with all alphas from 0 on.
inline Picture gradient(int width, int height) {
  Picture picture{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int i = y * width + x;
      for (const int value : {x * 37, y * 53, i * 11, i * 5}) {
        picture.rgba.push_back(static_cast<std::uint8_t>(value & 255));
      }
    }
  }
  return picture;
}

inline Picture opaque_gradient(int width, int height) {
  Picture picture = gradient(width, height);
  for (std::size_t i = 3; i < picture.rgba.size(); i += 4) picture.rgba[i] = 255;
  return picture;
}

/// Any small picture.
inline rc::Gen<Picture> any_picture() {
  return rc::gen::exec([] {
    Picture picture{*rc::gen::inRange(1, 12), *rc::gen::inRange(1, 12), {}};
    const auto size = static_cast<std::size_t>(picture.width * picture.height * 4);
    picture.rgba =
        *rc::gen::container<std::vector<std::uint8_t>>(size, rc::gen::arbitrary<std::uint8_t>());
    return picture;
  });
}

}  // namespace dalle2::image
