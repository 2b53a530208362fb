# Collects in POPGX_LIBRARIES what the library links; docs/dependencies.md says why each is there.
find_package(PkgConfig REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5-serial)   # serial also under MPI: only one process ever writes a file
set(POPGX_LIBRARIES OpenMP::OpenMP_C PkgConfig::FYAML PkgConfig::JANSSON PkgConfig::XXHASH PkgConfig::HDF5)
if(POPGX_MPI)
    find_package(MPI REQUIRED COMPONENTS C)
    list(APPEND POPGX_LIBRARIES MPI::MPI_C)
endif()
