#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <type_traits>

#include "options/option.h"

namespace dalle2::options {

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
T from_value(const Value& value) {
  if constexpr (IsOptional<T>::value) {
    return from_value<typename T::value_type>(value);
  } else if constexpr (std::same_as<T, bool>) {
    return std::get<bool>(value);
  } else if constexpr (std::integral<T>) {
    return static_cast<T>(std::get<std::uint64_t>(value));
  } else if constexpr (std::floating_point<T>) {
    return std::get<double>(value);
  } else {
    return T(std::get<std::string>(value));
  }
}

template <class T>
std::optional<Value> to_value(const T& field) {
  if constexpr (IsOptional<T>::value) {
    return field ? to_value(*field) : std::nullopt;
  } else if constexpr (std::same_as<T, bool>) {
    return Value(field);
  } else if constexpr (std::signed_integral<T>) {
    // Negative counts are reported by check_value, as a number above every range.
    return Value(static_cast<std::uint64_t>(static_cast<std::int64_t>(field)));
  } else if constexpr (std::integral<T>) {
    return Value(std::uint64_t{field});
  } else if constexpr (std::floating_point<T>) {
    return Value(double{field});
  } else if constexpr (std::same_as<T, std::filesystem::path>) {
    return Value(field.string());
  } else {
    return Value(std::string(field));
  }
}

}  // namespace detail

/// Makes a Binding from one accessor, `[](auto& s) -> auto& { return s.request.steps; }`.
template <class Accessor>
Binding bind(Accessor field) {
  using Field = std::remove_cvref_t<decltype(field(std::declval<Settings&>()))>;
  return {[field](Settings& settings, const Value& value) {
            field(settings) = detail::from_value<Field>(value);
          },
          [field](const Settings& settings) { return detail::to_value<Field>(field(settings)); }};
}

}  // namespace dalle2::options
