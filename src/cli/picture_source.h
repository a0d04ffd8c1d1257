#pragma once

#include <string>

#include "base/json.h"
#include "dalle2/editor.h"
#include "dalle2/picture.h"
#include "options/settings.h"

namespace dalle2::cli {

/// A picture that was given as input, and what is remembered of it.
struct PictureSource {
  Picture picture;
  Json description;  // {"picture", "sha256"}
};

inline constexpr char kStandardInput[] = "-";

/// How errors call an input: the path itself, or "standard input".
std::string input_name(const std::string& path);

/// The bytes of a picture file, or of standard input for "-". Throws Error(kUsage).
std::string read_picture_bytes(const std::string& path);

/// Reads a PNG, JPEG or WebP file. Throws Error(kUsage) that names the file.
PictureSource read_picture(const std::string& path);

/// Standard input can be read once: throws Error(kUsage) if more than one argument or option of a
/// command is "-". (`-o -` is not an input.)
void require_one_standard_input(const options::Settings& settings);

/// A picture, prompt or embedding that was given as input.
struct IngredientSource {
  Ingredient ingredient;
  Json description;   // as above, or {"prompt"}, or {"embedding"}
  std::string model;  // hash of the model that made an embedding; else empty
};

/// "-", an existing file or a name with the extension of a picture is a picture, one that ends in
/// .json an embedding, all else a prompt. Throws Error(kUsage).
IngredientSource read_ingredient(const std::string& argument);

}  // namespace dalle2::cli
