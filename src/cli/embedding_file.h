#pragma once

#include <filesystem>
#include <string>

#include "base/files.h"
#include "dalle2/editor.h"

namespace dalle2::cli {

/// An image embedding on disk, as JSON that any language reads:
///
///     {"format": "dalle2-embedding", "version": 1, "model": "emoji",
///      "model_hash": "<SHA-256 of model.json>", "embedding": [0.0123, …]}
struct EmbeddingFile {
  std::string model;
  std::string model_hash;
  Embedding embedding;
};

/// Throws Error(kUsage) naming the file and what is wrong with it.
EmbeddingFile read_embedding(const std::filesystem::path& path);

/// Throws Error(kOutput).
void write_embedding(const std::filesystem::path& path, const EmbeddingFile& file,
                     IfExists if_exists);

/// Embeddings mean nothing to another model: throws Error(kUsage) unless `model_hash` is the one of
/// `settings` or empty. `origin` is the file.
void check_embedding_model(const std::string& origin, const std::string& model_hash,
                           const PictureSettings& settings);

}  // namespace dalle2::cli
