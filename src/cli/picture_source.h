#pragma once

#include <string>

#include "base/json.h"
#include "dalle2/editor.h"
#include "dalle2/picture.h"

namespace dalle2::cli {

/// A picture that was given as input, and what is remembered of it.
struct PictureSource {
  Picture picture;
  Json description;  // {"picture", "sha256"}
};

/// Reads a PNG, JPEG or WebP file. Throws Error(kUsage) that names the file.
PictureSource read_picture(const std::string& path);

/// A picture, prompt or embedding that was given as input.
struct IngredientSource {
  Ingredient ingredient;
  Json description;   // as above, or {"prompt"}, or {"embedding"}
  std::string model;  // hash of the model that made an embedding; else empty
};

/// An existing file or a name with the extension of a picture is a picture, one that ends in .json
/// an embedding, all else a prompt. Throws Error(kUsage).
IngredientSource read_ingredient(const std::string& argument);

}  // namespace dalle2::cli
