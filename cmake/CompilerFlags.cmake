# dalle2_flags: what every target of ours is compiled with, and nothing that others would inherit.
add_library(dalle2_flags INTERFACE)
target_compile_options(dalle2_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wvla
  $<$<BOOL:${DALLE2_WARNINGS_AS_ERRORS}>:-Werror>
  # GCC 12 sees overlaps in "text" + std::string that cannot be (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # ccache can only reuse objects of a precompiled header that GCC keeps in its preprocessed output.
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)

if(DALLE2_SANITIZE)
  target_compile_options(dalle2_flags INTERFACE -fsanitize=${DALLE2_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(dalle2_flags INTERFACE -fsanitize=${DALLE2_SANITIZE})
endif()
