#pragma once

#include <filesystem>
#include <fstream>
#include <string>

/// The small CLIP vocabulary of tests/golden, and files to break.
namespace dalle2::text {

inline std::filesystem::path clip_folder() {
  return std::filesystem::path(DALLE2_TEST_GOLDEN) / "clip_bpe";
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace dalle2::text
