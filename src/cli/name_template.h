#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dalle2::cli {

/// What a picture's name can be made of.
struct NameFields {
  std::uint64_t index = 0;   // of the prompt in its file, from 0
  std::uint64_t number = 0;  // of the picture among those of its prompt, from 0
  std::uint64_t seed = 0;
  std::string id;      // of the prompt; empty: its index
  std::string prompt;  // {slug} is its letters and digits
};

/// A --name such as "{index:05}-{slug}-{seed}": {:05} pads a number with zeros to five digits, {{
/// and }} are braces, / makes folders.
class NameTemplate {
 public:
  /// Throws Error(kUsage) naming --name and the place of what is wrong.
  explicit NameTemplate(std::string_view text);

  /// Without extension. What comes from a prompt never adds a folder or hides the file.
  std::string fill(const NameFields& fields) const;

 private:
  struct Part {
    std::string literal;
    int field = -1;         // row of the table of fields; -1: the literal
    std::size_t width = 0;  // of numbers
  };

  std::vector<Part> parts_;
};

/// Throws Error(kUsage) "`origin`: …" for a name that leaves its folder: absolute, or with "..".
void require_inside(const std::string& name, const std::string& origin);

}  // namespace dalle2::cli
