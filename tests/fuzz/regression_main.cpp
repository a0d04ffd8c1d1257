#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Runs a fuzz target over every file of the folders it is given, where there is no libFuzzer. Each
/// file is also tried in halves and with single bytes changed.
namespace {

void run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

void run_variants(std::string bytes) {
  run(bytes);
  run(bytes.substr(0, bytes.size() / 2));
  run(bytes.substr(bytes.size() / 2));
  const std::size_t step = 1 + bytes.size() / 100;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    run(bytes);
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      run_variants({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
      ++files;
    }
  }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
