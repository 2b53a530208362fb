# Flags of every target, as an interface library.
add_library(popgx_options INTERFACE)
target_compile_options(popgx_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -ffp-contract=off        # a * b + c is rounded twice unless written as fma: else bits would depend on the processor
    $<$<C_COMPILER_ID:Clang>:-Wno-pass-failed>   # sanitizers keep its loops scalar; lint/vectorised watches gcc's
    -fno-math-errno -fno-trapping-math)  # without these gcc 12 silently leaves loops with comparisons scalar
target_compile_definitions(popgx_options INTERFACE _GNU_SOURCE)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O3 -g1")
