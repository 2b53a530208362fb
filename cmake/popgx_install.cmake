# What `cmake --install` puts where, and the two ways in which another build finds it: pkg-config and find_package(popgx).
# The library is static, so whoever links it links what it uses, too; both ways say so.
include(CMakePackageConfigHelpers)

install(TARGETS popgx EXPORT popgx_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS popgx_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/popgx DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(DIRECTORY jobs/data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/popgx/data)

install(FILES scripts/popgx.py scripts/popgx.R DESTINATION ${CMAKE_INSTALL_DATADIR}/popgx)    # readers of runs
install(FILES docs/popgx.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/popgx)    # for editors
install(FILES benchmarks/three_state.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/popgx/data/benchmarks)    # what `popgx bench` measures

# ---- find_package(popgx) ----
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/popgx)
install(EXPORT popgx_targets NAMESPACE popgx:: DESTINATION ${package_folder})
configure_package_config_file(cmake/popgxConfig.cmake.in ${PROJECT_BINARY_DIR}/popgxConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/popgxConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/popgxConfig.cmake ${PROJECT_BINARY_DIR}/popgxConfigVersion.cmake DESTINATION ${package_folder})

# ---- pkg-config popgx ----
file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
set(pc_libraries "")
if(POPGX_MPI)
    foreach(library ${MPI_C_LIBRARIES})
        string(APPEND pc_libraries " ${library}")
    endforeach()
endif()
string(JOIN " " pc_requires ${POPGX_PKG_CONFIG_MODULES})
configure_file(cmake/popgx.pc.in ${PROJECT_BINARY_DIR}/popgx.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/popgx.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
