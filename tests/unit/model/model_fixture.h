#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/json.h"
#include "unit/temporary_folder.h"

namespace dalle2::model {

inline std::filesystem::path tiny_package() {
  return std::filesystem::path(DALLE2_TEST_FIXTURES) / "tiny";
}

inline std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write(const std::filesystem::path& path, const std::string& contents) {
  std::ofstream(path, std::ios::binary) << contents;
}

/// model.json of the tiny package, for tests to change.
inline Json tiny_manifest() { return Json::parse(contents_of(tiny_package() / "model.json")); }

/// A copy of the tiny package in a folder of its own, beside other things that a test wants there.
class PackageCopy {
 public:
  PackageCopy() { std::filesystem::copy(tiny_package(), folder()); }

  std::filesystem::path folder() const { return temporary_.path() / "tiny"; }
  const std::filesystem::path& parent() const { return temporary_.path(); }

 private:
  TemporaryFolder temporary_;
};

/// Sets an environment variable for as long as it lives.
class ScopedEnvironment {
 public:
  ScopedEnvironment(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    had_value_ = std::getenv(name) != nullptr;
    ::setenv(name, value.c_str(), 1);
  }
  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;
  ~ScopedEnvironment() {
    if (had_value_) {
      ::setenv(name_, before_.c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::string before_;
  bool had_value_ = false;
};

}  // namespace dalle2::model
