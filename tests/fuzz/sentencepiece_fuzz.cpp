#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include "dalle2/error.h"
#include "fuzz/check.h"
#include "text/tokenizer.h"
#include "unit/temporary_folder.h"

/// Any tokenizer.model encodes prompts to ids of its vocabulary, or is refused as a bad model.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dalle2;
  static const TemporaryFolder folder;
  std::ofstream(folder.path() / "tokenizer.model", std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    const auto tokenizer = text::make_tokenizer("sentencepiece", folder.path(), {.max_length = 16});
    const text::Tokens tokens = tokenizer->encode("a red fox, ein Füchslein 🦊");
    check(tokens.ids.size() == 16);
    for (const std::int64_t id : tokens.ids) check(id >= 0 && id < tokenizer->vocab_size());
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::kModel);
  }
  return 0;
}
