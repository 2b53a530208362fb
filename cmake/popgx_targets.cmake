# Targets for those who work on popgx; `check` is in tests/CMakeLists.txt.
file(GLOB_RECURSE formatted_sources CONFIGURE_DEPENDS include/*.h kernels/*.[ch] src/*.[ch] tests/*.[ch] benchmarks/*.[ch])
add_custom_target(format COMMAND clang-format -i ${formatted_sources} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    COMMENT "Formatting the sources as .clang-format says" VERBATIM)
add_custom_target(lint COMMAND ${PROJECT_SOURCE_DIR}/scripts/lint USES_TERMINAL COMMENT "Checking layers and leftovers" VERBATIM)
add_custom_target(coverage COMMAND ${PROJECT_SOURCE_DIR}/scripts/coverage ${PROJECT_BINARY_DIR} USES_TERMINAL
    COMMENT "Lines that the tests run" VERBATIM)
