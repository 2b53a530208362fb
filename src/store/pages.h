/*
 * What each 64 KiB of a sealed file hash to: a table behind the end of HDF5's bytes and before the seal, so that of a large file what
 * is read can be checked when it is read. HDF5 is not made for damaged files and may crash on one.
 *
 *     for each page XXH3-64 (uint64); uint64 pages; uint64 HDF5's bytes; XXH3-64 of all that; 8 bytes "popgxPAG"
 *
 * All numbers have their least significant byte first. Older files have none.
 */
#ifndef POPGX_STORE_PAGES_H
#define POPGX_STORE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum { PAGES_BYTES = 65536 };

typedef struct {
    uint64_t n, n_bytes;        /* pages; bytes that they cover, the last one maybe partly */
    uint64_t *hash;             /* [n] */
} pages_t;

/** Pages of `n_bytes`, hashes of 0. pages_release frees them, also after a failure. */
MUST_USE popgx_err_t pages_init(pages_t *pages, uint64_t n_bytes);
void pages_release(pages_t *pages);

/** Bytes of page `i`. */
static inline size_t pages_length(const pages_t *pages, uint64_t i)
{
    return i + 1 < pages->n ? PAGES_BYTES : (size_t)(pages->n_bytes - i * PAGES_BYTES);
}

/** The table as it is in the file; the caller frees it. */
MUST_USE popgx_err_t pages_pack(const pages_t *pages, unsigned char **table, size_t *n);

/** Reads the table of an open sealed file. `pages->n` is 0 if it has none, or a damaged one: then only the seal can tell. */
MUST_USE popgx_err_t pages_read(const char *path, int fd, uint64_t size, pages_t *pages);

/** Whether a file has a table. */
MUST_USE popgx_err_t pages_find(const char *path, bool *is_there);
#endif
