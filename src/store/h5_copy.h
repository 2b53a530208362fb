/* Objects of a file that exists into one that is being written, whatever they are. */
#ifndef POPGX_STORE_H5_COPY_H
#define POPGX_STORE_H5_COPY_H

#include "store/h5.h"
#include "store/h5_read.h"

/**
 * Copies the root's attributes and everything below it but the objects named in `without` (ended by NULL). Tables are compared with the
 * originals when the file is sealed, as if they had been written by h5_table.
 */
MUST_USE popgx_err_t h5_copy_root(h5_file_t *file, const h5_reader_t *from, const char *const *without);
#endif
