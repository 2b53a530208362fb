/* Whole files in memory. */
#ifndef POPGX_CORE_FILE_H
#define POPGX_CORE_FILE_H

#include <stddef.h>

#include "core/err.h"

/**
 * Reads a file to its end.
 *
 * @param[out] bytes    followed by a NUL that is not counted; the caller frees it
 * @retval POPGX_E_IO   it cannot be opened or read, is a folder, or has more than `most` bytes
 */
MUST_USE popgx_err_t file_read(const char *path, size_t most, char **bytes, size_t *n_bytes);
#endif
