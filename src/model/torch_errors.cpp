#include "model/torch_errors.h"

#include <array>
#include <new>
#include <stdexcept>
#include <string>

#include <c10/util/Exception.h>

namespace dalle2::model {
namespace {

// LibTorch has no type for a full main memory, and the TorchScript interpreter turns every
// exception into a std::runtime_error whose text is all that is left of it.
constexpr std::array<std::string_view, 3> kMemoryTexts = {"out of memory", "can't allocate memory",
                                                          "std::bad_alloc"};
constexpr std::array<std::string_view, 3> kDeviceTexts = {"CUDA error", "CUDA driver",
                                                          "cuDNN error"};
constexpr std::string_view kInterpreterText = "TorchScript interpreter";

template <std::size_t N>
bool contains_any(std::string_view text, const std::array<std::string_view, N>& parts) {
  for (const std::string_view part : parts) {
    if (text.find(part) != std::string_view::npos) return true;
  }
  return false;
}

/// What went wrong, without the traceback before it and the stack after it.
std::string core_of(std::string_view text) {
  constexpr std::string_view kMark = "Error: ";
  const bool traceback = text.find("Traceback of TorchScript") != std::string_view::npos;
  if (const std::size_t mark = text.rfind(kMark); traceback && mark != std::string_view::npos) {
    text.remove_prefix(mark + kMark.size());
  }
  return std::string(text.substr(0, text.find('\n')));
}

[[noreturn]] void throw_translated(std::string_view doing, std::string_view text,
                                   ErrorKind otherwise) {
  if (contains_any(text, kMemoryTexts)) throw OutOfMemory(doing);
  const ErrorKind kind = contains_any(text, kDeviceTexts) ? ErrorKind::kDevice : otherwise;
  throw Error(kind, std::string(doing) + ": " + core_of(text));
}

}  // namespace

OutOfMemory::OutOfMemory(std::string_view doing)
    : Error(ErrorKind::kDevice,
            std::string(doing) +
                ": out of memory; draw fewer pictures at once with --max-batch, "
                "or keep one network at a time with --low-memory") {}

void rethrow_torch_error(std::string_view doing, ErrorKind otherwise) {
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw OutOfMemory(doing);
  } catch (const c10::OutOfMemoryError&) {
    throw OutOfMemory(doing);
  } catch (const c10::Error& error) {
    throw_translated(doing, error.what_without_backtrace(), otherwise);
  } catch (const std::runtime_error& error) {
    if (std::string_view(error.what()).find(kInterpreterText) == std::string_view::npos) throw;
    throw_translated(doing, error.what(), otherwise);
  }
}

}  // namespace dalle2::model
