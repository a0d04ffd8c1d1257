# Target sentencepiece-static. It is built from source, with hidden symbols, because Debian's library
# exports FLAGS_minloglevel in another size than libc10 does: in one program they overwrite each other.
include(ExternalProject)

# A build that is there already, such as that of another compiler, may be used instead.
if(DALLE2_SENTENCEPIECE_BUILD)
  set(prefix "${DALLE2_SENTENCEPIECE_BUILD}")
else()
  set(prefix "${PROJECT_BINARY_DIR}/sentencepiece")
endif()

if(NOT DALLE2_SENTENCEPIECE_BUILD AND NOT EXISTS "${DALLE2_SENTENCEPIECE_SOURCE}")
  message(FATAL_ERROR "No ${DALLE2_SENTENCEPIECE_SOURCE}: run scripts/setup, or give sentencepiece's "
                      "source distribution with -DDALLE2_SENTENCEPIECE_SOURCE=FILE")
endif()

set(library "${prefix}/build/src/libsentencepiece.a")
if(NOT DALLE2_SENTENCEPIECE_BUILD)
  ExternalProject_Add(sentencepiece_build
    URL "${DALLE2_SENTENCEPIECE_SOURCE}"
    URL_HASH SHA256=8138cec27c2f2282f4a34d9a016e3374cd40e5c6e9cb335063db66a0a3b71fad
    PREFIX "${prefix}"
    SOURCE_DIR "${prefix}/source"
    BINARY_DIR "${prefix}/build"
    SOURCE_SUBDIR sentencepiece
    DOWNLOAD_EXTRACT_TIMESTAMP ON
    CMAKE_ARGS
      -DCMAKE_BUILD_TYPE=Release
      -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
      -DCMAKE_CXX_VISIBILITY_PRESET=hidden
      -DCMAKE_POSITION_INDEPENDENT_CODE=ON
      -DSPM_ENABLE_SHARED=OFF
      -DSPM_ENABLE_TCMALLOC=OFF
    CMAKE_CACHE_ARGS "-DCMAKE_CXX_COMPILER_LAUNCHER:STRING=${CMAKE_CXX_COMPILER_LAUNCHER}"
    BUILD_COMMAND "${CMAKE_COMMAND}" --build <BINARY_DIR> --target sentencepiece-static
    INSTALL_COMMAND ""
    BUILD_BYPRODUCTS "${library}"
    LOG_CONFIGURE ON
    LOG_BUILD ON
    LOG_OUTPUT_ON_FAILURE ON)
endif()

set(include_dir "${prefix}/source/sentencepiece/src")
file(MAKE_DIRECTORY "${include_dir}")
add_library(sentencepiece-static STATIC IMPORTED GLOBAL)
set_target_properties(sentencepiece-static PROPERTIES
  IMPORTED_LOCATION "${library}"
  INTERFACE_INCLUDE_DIRECTORIES "${include_dir}")
# It would also hide clang's sanitizers, which are linked statically; fuzz targets have no LibTorch.
if(NOT DALLE2_FUZZ)
  set_target_properties(sentencepiece-static PROPERTIES INTERFACE_LINK_OPTIONS "LINKER:--exclude-libs,ALL")
endif()
if(TARGET sentencepiece_build)
  add_dependencies(sentencepiece-static sentencepiece_build)
endif()
