#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "options/option.h"

namespace dalle2::options {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;  // which clang 14 does not deduce by itself

std::string number_text(double x) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", x);
  return buffer;
}

std::string number_text(std::uint64_t x) { return std::to_string(x); }

/// "a, b or c".
std::string either(const std::vector<std::string_view>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += i + 1 == items.size() ? " or " : ", ";
    out += items[i];
  }
  return out;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kShown = 60;
  if (!find_invalid_utf8(text)) return truncate_to_width(text, kShown);
  return text.size() <= kShown ? std::string(text) : std::string(text.substr(0, kShown)) + "…";
}

[[noreturn]] void refuse(std::string_view origin, std::string_view text, std::string_view reason) {
  throw Error(ErrorKind::kUsage,
              std::string(origin) + ": '" + shortened(text) + "' " + std::string(reason));
}

[[noreturn]] void refuse_range(const Domain& domain, std::string_view origin,
                               std::string_view text) {
  refuse(origin, text, "is out of range: " + describe(domain));
}

bool is_whole_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Whole numbers too large or small for the type are out of range rather than unreadable.
std::uint64_t parse_integer(const Domain& domain, std::string_view text, std::string_view origin) {
  if (!is_whole_number(text)) {
    refuse(origin, text, "is not a whole number; give " + describe(domain));
  }
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    refuse_range(domain, origin, text);
  }
  return number;
}

double parse_real(const Domain& domain, std::string_view text, std::string_view origin) {
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  double number = 0.0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc::result_out_of_range) refuse_range(domain, origin, text);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    refuse(origin, text, "is not a number; give " + describe(domain));
  }
  return number;
}

bool parse_flag(std::string_view text, std::string_view origin) {
  for (std::string_view yes : {"true", "1", "yes", "on"}) {
    if (text == yes) return true;
  }
  for (std::string_view no : {"false", "0", "no", "off"}) {
    if (text == no) return false;
  }
  refuse(origin, text, "is neither true nor false");
}

std::string text_of(const Value& value) {
  return std::visit(Overloaded{[](bool b) { return std::string(b ? "true" : "false"); },
                               [](const std::string& s) { return s; },
                               [](auto number) { return number_text(number); }},
                    value);
}

}  // namespace

std::string describe(const Domain& domain) {
  return std::visit(
      Overloaded{[](const Flag&) { return std::string(); },
                 [](const Text&) { return std::string(); },
                 [](const Integer& d) { return number_text(d.low) + " to " + number_text(d.high); },
                 [](const Real& d) { return number_text(d.low) + " to " + number_text(d.high); },
                 [](const Choice& d) { return either(d.names); },
                 [](const Pattern& d) { return std::string(d.forms); }},
      domain);
}

Value parse_value(const Domain& domain, std::string_view text, std::string_view origin) {
  const Value value = std::visit(
      Overloaded{[&](const Flag&) { return Value(parse_flag(text, origin)); },
                 [&](const Integer&) { return Value(parse_integer(domain, text, origin)); },
                 [&](const Real&) { return Value(parse_real(domain, text, origin)); },
                 [&](const auto&) { return Value(std::string(text)); }},
      domain);
  check_value(domain, value, origin);
  return value;
}

void check_value(const Domain& domain, const Value& value, std::string_view origin) {
  const auto refuse_unless = [&](bool allowed) {
    if (!allowed) refuse_range(domain, origin, text_of(value));
  };
  const auto refuse_name = [&](bool known) {
    if (!known) refuse(origin, text_of(value), "is not one of " + describe(domain));
  };
  std::visit(
      Overloaded{[](const Flag&) {},
                 [&](const Integer& d) {
                   const auto number = std::get<std::uint64_t>(value);
                   refuse_unless(number >= d.low && number <= d.high);
                 },
                 [&](const Real& d) {
                   const double number = std::get<double>(value);
                   refuse_unless(number >= d.low && number <= d.high);
                 },
                 [&](const Text& d) {
                   const std::size_t bytes = std::get<std::string>(value).size();
                   if (bytes > d.max_bytes) {
                     refuse(origin, std::get<std::string>(value),
                            "is " + std::to_string(bytes) + " bytes long; " +
                                std::to_string(d.max_bytes) + " are allowed");
                   }
                 },
                 [&](const Choice& d) {
                   const auto& name = std::get<std::string>(value);
                   refuse_name(std::ranges::find(d.names, name) != d.names.end());
                 },
                 [&](const Pattern& d) { refuse_name(d.matches(std::get<std::string>(value))); }},
      domain);
}

}  // namespace dalle2::options
