#include "options/completion_words.h"

#include <algorithm>

#include "options/completion.h"

namespace dalle2::options {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

/// The alternatives of "list|verify [MODEL…]" that are words and not placeholders.
std::vector<std::string_view> literal_alternatives(std::string_view arguments) {
  std::vector<std::string_view> words;
  std::string_view first = arguments.substr(0, arguments.find(' '));
  while (!first.empty()) {
    const std::string_view word = first.substr(0, first.find('|'));
    if (is_word(word)) words.push_back(word);
    first.remove_prefix(std::min(word.size() + 1, first.size()));
  }
  return words;
}

/// The words of "auto, cpu, cuda or cuda:N" that can be typed as they are.
std::vector<std::string_view> literal_forms(std::string_view forms) {
  std::vector<std::string_view> words;
  while (!forms.empty()) {
    const std::string_view word = forms.substr(0, forms.find_first_of(", "));
    if (is_word(word) && word != "or") words.push_back(word);
    forms.remove_prefix(std::min(word.size() + 1, forms.size()));
  }
  return words;
}

}  // namespace

std::span<const Shell> shells() {
  static constexpr Shell kShells[] = {
      {"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};
  return kShells;
}

std::vector<std::string_view> value_words(const Option& option) {
  if (const auto* choice = std::get_if<Choice>(&option.domain)) return choice->names;
  if (const auto* pattern = std::get_if<Pattern>(&option.domain)) {
    return literal_forms(pattern->forms);
  }
  return {};
}

std::vector<std::string_view> argument_words(const CommandSpec& command) {
  std::vector<std::string_view> words;
  if (command.id == Command::kHelp) {
    for (const CommandSpec& other : commands()) words.push_back(other.name);
    return words;
  }
  return literal_alternatives(command.arguments);
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : " ") + std::string(word);
  return out;
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace dalle2::options
