/*
 * HDF5 files written once: groups, attributes, columns of compressed chunks, tables. Every return code of the library
 * is checked, and everything that was written is compared with what the closed file gives back: tables value by value,
 * columns by their compressed chunks.
 *
 * One file at a time, called by one thread. Paths are absolute paths inside the file; the groups of a path must exist.
 */
#ifndef POPGX_STORE_H5_H
#define POPGX_STORE_H5_H

#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "store/codec.h"
#include "store/seal.h"

typedef struct h5_file h5_file_t; /* owner */
typedef int h5_column_t;          /* handle of a column of the file */

/** Before the first call of the library: silences its own messages, since every failure is reported through err.h. */
void h5_start(void);

/** The error of the library's last failure: `path`: `doing`: its cause. */
popgx_err_t h5_failed(const char *path, const char *doing);

/* Needs a local `err` and a label `out`. */
#define TRY_H5(call, path, doing)                    \
    do {                                             \
        if ((call) < 0) {                            \
            err = h5_failed(path, doing);            \
            goto out;                                \
        }                                            \
    } while (0)

/** Creates `path`, replacing what is there. */
MUST_USE popgx_err_t h5_create(const char *path, h5_file_t **out);

/**
 * Closes the file, syncs it to the disk, opens it again and compares every column and table with what was written; then seals
 * it (seal.h). `file` is freed, also on failure.
 */
MUST_USE popgx_err_t h5_seal(h5_file_t *file, seal_t *seal);

/** Closes and frees without any check: after a failure. NULL is allowed. */
void h5_discard(h5_file_t *file);

MUST_USE popgx_err_t h5_group(h5_file_t *file, const char *path);

/* Attributes of the group or dataset at `path`. Texts are UTF-8 of variable length. */
MUST_USE popgx_err_t h5_text(h5_file_t *file, const char *path, const char *name, const char *value);
MUST_USE popgx_err_t h5_texts(h5_file_t *file, const char *path, const char *name, const char *const *values, size_t n);
MUST_USE popgx_err_t h5_count(h5_file_t *file, const char *path, const char *name, uint64_t value);
MUST_USE popgx_err_t h5_real(h5_file_t *file, const char *path, const char *name, double value);

/** A column: attributes `unit` and `description`, numbers of 1, 2, 4 or 8 bytes, and a fill value of bytes of 255. */
typedef struct {
    hid_t type;                 /* of one number */
    codec_t codec;              /* of its chunks */
    size_t width;               /* numbers in a row: 1 gives a dataset of one dimension, more one of two */
    hsize_t rows;
    const char *unit, *description;
} h5_column_spec_t;

/** A column whose chunks of `chunk_rows` rows come ready, shuffled and compressed. */
MUST_USE popgx_err_t h5_column(h5_file_t *file, const char *path, const h5_column_spec_t *spec, hsize_t chunk_rows, h5_column_t *out);

/** Writes the next chunk of a column: they come in order, and all of them must come. */
MUST_USE popgx_err_t h5_chunk(h5_file_t *file, h5_column_t column, const void *stream, size_t n_bytes);

/** A column that is spread over the columns of the same path in other files, `file_rows[n_files]` rows in each. */
MUST_USE popgx_err_t h5_virtual_column(h5_file_t *file, const char *path, const h5_column_spec_t *spec, size_t n_files,
                                       const char *const *files, const hsize_t *file_rows);

/** A dataset of `n` rows of `type`, written at once; attributes as for a column. */
MUST_USE popgx_err_t h5_table(h5_file_t *file, const char *path, hid_t type, const void *rows, size_t n, const char *unit,
                              const char *description);
#endif
