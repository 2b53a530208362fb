# Collects in POPGX_LIBRARIES what the library links; docs/dependencies.md says why each is there.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
set(POPGX_LIBRARIES OpenMP::OpenMP_C Threads::Threads)

# popgx_need(PREFIX MODULE...): the first of the pkg-config modules that exists. Written once, here: the installed package
# files repeat it.
set(POPGX_PKG_CONFIG_MODULES "")
set(popgx_find_modules "")
macro(popgx_need prefix)
    pkg_search_module(${prefix} REQUIRED IMPORTED_TARGET ${ARGN})
    list(APPEND POPGX_LIBRARIES PkgConfig::${prefix})
    list(APPEND POPGX_PKG_CONFIG_MODULES ${${prefix}_MODULE_NAME})
    string(APPEND popgx_find_modules "pkg_search_module(${prefix} REQUIRED IMPORTED_TARGET ${${prefix}_MODULE_NAME})\n")
endmacro()
popgx_need(FYAML libfyaml)
popgx_need(JANSSON jansson)
popgx_need(XXHASH libxxhash)
popgx_need(DEFLATE libdeflate)
popgx_need(ZSTD libzstd)
popgx_need(GSL gsl)
popgx_need(HDF5 hdf5-serial hdf5)   # serial also under MPI: only one process ever writes a file

if(POPGX_MPI)
    find_package(MPI REQUIRED COMPONENTS C)
    list(APPEND POPGX_LIBRARIES MPI::MPI_C)
endif()
