#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dalle2/generator.h"
#include "dalle2/picture.h"

namespace dalle2 {

/// How well texts fit pictures, by CLIP (Radford et al. 2021): the cosine of their embeddings, in
/// [-1, 1]. Values of different models cannot be compared. Used by one thread at a time.
class Scorer {
 public:
  /// Throws Error as Generator's constructor does, and kUsage when the package has no image
  /// encoder.
  explicit Scorer(GeneratorOptions options);
  ~Scorer();
  Scorer(Scorer&&) noexcept;
  Scorer& operator=(Scorer&&) noexcept;

  /// One number a prompt. The picture may be of any size; it is fitted into a square with
  /// transparent margins.
  std::vector<double> similarities(const Picture& picture, std::span<const std::string> prompts);

  /// Of the package, as in PictureSettings.
  std::string model() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dalle2
