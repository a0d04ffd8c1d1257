# Target LibTorch::LibTorch: torch_cpu and c10 of the folder in DALLE2_LIBTORCH, or of PyPI's torch in
# .venv. LibTorch's own TorchConfig.cmake asks for a CUDA compiler; nothing here needs one, because
# CUDA comes in at run time by loading libtorch_cuda.so where it is installed.
set(hints "${DALLE2_LIBTORCH}")
if(NOT DALLE2_LIBTORCH)
  file(GLOB hints "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
endif()

find_path(LibTorch_INCLUDE_DIR torch/script.h HINTS ${hints}
          PATH_SUFFIXES include/torch/csrc/api/include include NO_DEFAULT_PATH)
find_path(LibTorch_ATEN_INCLUDE_DIR ATen/ATen.h HINTS ${hints} PATH_SUFFIXES include NO_DEFAULT_PATH)
find_library(LibTorch_TORCH_LIBRARY torch_cpu HINTS ${hints} PATH_SUFFIXES lib NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 HINTS ${hints} PATH_SUFFIXES lib NO_DEFAULT_PATH)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_TORCH_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR LibTorch_ATEN_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run scripts/setup, or give a LibTorch folder with -DDALLE2_LIBTORCH=DIR")
mark_as_advanced(LibTorch_INCLUDE_DIR LibTorch_ATEN_INCLUDE_DIR LibTorch_TORCH_LIBRARY LibTorch_C10_LIBRARY)

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  foreach(part IN ITEMS TORCH C10)
    add_library(LibTorch::${part} SHARED IMPORTED)
    set_target_properties(LibTorch::${part} PROPERTIES
      IMPORTED_LOCATION "${LibTorch_${part}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${LibTorch_ATEN_INCLUDE_DIR};${LibTorch_INCLUDE_DIR}")
  endforeach()
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_link_libraries(LibTorch::LibTorch INTERFACE LibTorch::TORCH LibTorch::C10)
endif()
