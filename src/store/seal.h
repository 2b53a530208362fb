/*
 * The seal of a finished file: 40 bytes behind everything else that say how long it is and what its bytes hash to. HDF5 does
 * not look behind its own end, so a sealed file is still an HDF5 file; whoever writes into it breaks the seal.
 *
 *     8 bytes "popgxEND"; uint64 bytes before the seal; XXH3-128 of them, low half, high half; XXH3-64 of these 32 bytes
 *
 * All numbers have their least significant byte first.
 */
#ifndef POPGX_STORE_SEAL_H
#define POPGX_STORE_SEAL_H

#include <stdint.h>
#include <xxhash.h>

#include "core/err.h"

enum { SEAL_BYTES = 40, SEAL_SMALL_BYTES = 64 << 20 /* soon read as a whole */ };

typedef struct {
    uint64_t n_bytes;       /* of the whole file */
    XXH128_hash_t hash;     /* of its bytes before the seal */
} seal_t;

/** Seals a closed file and syncs it. */
MUST_USE popgx_err_t seal_append(const char *path, seal_t *seal);

/** Reads the seal alone. @retval POPGX_E_IO  the file is missing, truncated, or was changed behind its end, or no file of ours */
MUST_USE popgx_err_t seal_read(const char *path, seal_t *seal);

/** Reads the whole file and compares. @retval POPGX_E_IO  it is not what was sealed */
MUST_USE popgx_err_t seal_verify(const char *path, seal_t *seal);

/**
 * Before HDF5 sees a file: it is not made for damaged ones and may crash. Reads the seal, and a file of at most `most_bytes`, or without
 * a table of pages, as a whole; of a larger one what is read is checked page by page (pages.h). @retval POPGX_E_IO  as seal_read, seal_verify
 */
MUST_USE popgx_err_t seal_check(const char *path, uint64_t most_bytes, seal_t *seal);
#endif
