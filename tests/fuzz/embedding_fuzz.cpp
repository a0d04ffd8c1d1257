#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include "cli/embedding_file.h"
#include "dalle2/error.h"
#include "fuzz/check.h"
#include "unit/temporary_folder.h"

/// Any bytes are an embedding that is the same after writing, or refused with the name of the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dalle2;
  static const TemporaryFolder folder;
  const auto path = folder.path() / "embedding.json";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    const cli::EmbeddingFile file = cli::read_embedding(path);
    cli::write_embedding(path, file, IfExists::kOverwrite);
    const cli::EmbeddingFile again = cli::read_embedding(path);
    check(again.model == file.model && again.model_hash == file.model_hash);
    check(again.embedding == file.embedding);
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::kUsage);
    check(std::string(error.what()).starts_with(path.string()));
  }
  return 0;
}
