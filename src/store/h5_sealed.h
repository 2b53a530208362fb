/*
 * How HDF5 reads sealed files: through a driver that hashes each page when something in it is first read, and gives HDF5 nothing that
 * was damaged. Under HDF5's lock, as all of HDF5.
 */
#ifndef POPGX_STORE_H5_SEALED_H
#define POPGX_STORE_H5_SEALED_H

#include <hdf5.h>
#include <stdbool.h>

#include "core/err.h"

/** Has files that are opened with `access` read that way. */
MUST_USE popgx_err_t h5_sealed_use(const char *path, hid_t access);

/** While true, chunks are given as they are: their reader has another hash of them, and tells which block is damaged. */
void h5_sealed_give_chunks(bool is_as_they_are);

/** Whether a damaged page was met since the last call: HDF5 itself only says that it cannot read. */
bool h5_sealed_met_damage(void);
#endif
