#include "cli/name_template.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/error.h"
#include "cli/slug.h"

namespace dalle2::cli {
namespace {

struct Field {
  std::string_view name;
  bool number;  // may have a width
  std::string (*text)(const NameFields&);
};

/// The prompt file may come from anyone, so an id is only let be part of one name.
std::string plain(const NameFields& fields) {
  if (fields.id.empty()) return std::to_string(fields.index);
  std::string out = fields.id;
  std::ranges::replace_if(
      out, [](unsigned char c) { return c == '/' || c == '\\' || c < 0x20 || c == 0x7f; }, '-');
  if (out.front() == '.') out.front() = '-';
  return out;
}

constexpr Field kFields[] = {
    {"index", true, [](const NameFields& f) { return std::to_string(f.index); }},
    {"number", true, [](const NameFields& f) { return std::to_string(f.number); }},
    {"seed", true, [](const NameFields& f) { return std::to_string(f.seed); }},
    {"id", false, plain},
    {"slug", false, [](const NameFields& f) { return slug(f.prompt); }},
};

constexpr std::size_t kMaxWidth = 20;

[[noreturn]] void fail(const std::string& reason) {
  throw Error(ErrorKind::kUsage, "--name: " + reason);
}

std::string field_names() {
  std::string out;
  for (const Field& field : kFields)
    out += (out.empty() ? "{" : ", {") + std::string(field.name) + "}";
  return out;
}

}  // namespace

NameTemplate::NameTemplate(std::string_view text) {
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) parts_.push_back({std::move(literal)});
    literal.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      literal += c;
    } else if (i + 1 < text.size() && text[i + 1] == c) {
      literal += c;
      ++i;
    } else if (c == '}') {
      fail("'}' without '{' in '" + std::string(text) + "'; }} is a brace");
    } else {
      end_literal();
      const std::size_t close = text.find('}', i);
      if (close == std::string_view::npos) fail("'{' without '}' in '" + std::string(text) + "'");
      const std::string_view inside = text.substr(i + 1, close - i - 1);
      const std::size_t colon = std::min(inside.find(':'), inside.size());
      const auto row = std::ranges::find(kFields, inside.substr(0, colon), &Field::name);
      if (row == std::end(kFields)) {
        fail("'{" + std::string(inside) + "}' is not one of " + field_names());
      }
      Part part{{}, static_cast<int>(row - std::begin(kFields)), 0};
      if (colon < inside.size()) {
        const std::string_view width = inside.substr(colon + 1);
        const auto [end, error] =
            std::from_chars(width.data(), width.data() + width.size(), part.width);
        if (!row->number || !width.starts_with('0') || error != std::errc{} ||
            end != width.data() + width.size() || part.width > kMaxWidth) {
          fail("'{" + std::string(inside) +
               "}' has a width that is not understood; numbers take one such as {index:05}");
        }
      }
      parts_.push_back(part);
      i = close;
    }
  }
  end_literal();
  if (parts_.empty()) fail("is empty");
  const std::string sample = fill({.index = 0, .number = 0, .seed = 0, .id = {}, .prompt = {}});
  require_inside(sample, "--name");
  if (sample.ends_with('/')) fail("ends with a folder; a file name must follow");
}

std::string NameTemplate::fill(const NameFields& fields) const {
  std::string out;
  for (const Part& part : parts_) {
    if (part.field < 0) {
      out += part.literal;
      continue;
    }
    const std::string text = kFields[part.field].text(fields);
    if (text.size() < part.width) out.append(part.width - text.size(), '0');
    out += text;
  }
  return out;
}

void require_inside(const std::string& name, const std::string& origin) {
  const std::filesystem::path path(name);
  const bool leaves = path.is_absolute() || std::ranges::find(path, "..") != path.end();
  if (leaves || name.find('\0') != std::string::npos) {
    throw Error(ErrorKind::kUsage,
                origin + ": '" + name + "' must be a name inside of --out-dir, without '..'");
  }
}

}  // namespace dalle2::cli
