#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include "dalle2/error.h"
#include "fuzz/check.h"
#include "text/clip_vocabulary.h"
#include "unit/temporary_folder.h"

namespace {

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

/// Any pair of files, here with a zero byte between, is a vocabulary or refused as a bad model.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dalle2;
  static const TemporaryFolder folder;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = std::min(bytes.find('\0'), bytes.size());
  const auto vocab_json = folder.path() / "vocab.json";
  const auto merges_txt = folder.path() / "merges.txt";
  write(vocab_json, bytes.substr(0, middle));
  write(merges_txt, bytes.substr(std::min(middle + 1, bytes.size())));
  try {
    const text::ClipVocabulary vocabulary = text::read_clip_vocabulary(vocab_json, merges_txt);
    check(vocabulary.start_of_text < vocabulary.size && vocabulary.end_of_text < vocabulary.size);
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::kModel);
  }
  return 0;
}
