/*
 * HDF5 files written once: groups, attributes, columns that grow, tables of known size. Every return code of the library
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

/**
 * Creates `path`, replacing what is there.
 *
 * @param threads  that compress columns, >= 1
 */
MUST_USE popgx_err_t h5_create(const char *path, int threads, h5_file_t **out);

/**
 * Closes the file, syncs it to the disk, opens it again and compares every column and table with what was written.
 * `file` is freed, also on failure.
 */
MUST_USE popgx_err_t h5_seal(h5_file_t *file);

/** Closes and frees without any check: after a failure. NULL is allowed. */
void h5_discard(h5_file_t *file);

MUST_USE popgx_err_t h5_group(h5_file_t *file, const char *path);

/* Attributes of the group or dataset at `path`. Texts are UTF-8 of variable length. */
MUST_USE popgx_err_t h5_text(h5_file_t *file, const char *path, const char *name, const char *value);
MUST_USE popgx_err_t h5_texts(h5_file_t *file, const char *path, const char *name, const char *const *values, size_t n);
MUST_USE popgx_err_t h5_count(h5_file_t *file, const char *path, const char *name, uint64_t value);
MUST_USE popgx_err_t h5_real(h5_file_t *file, const char *path, const char *name, double value);

/**
 * A column that grows: chunked, shuffled, deflated; attributes `unit` and `description`.
 *
 * @param type   of one number of 1, 2, 4 or 8 bytes; borrowed
 * @param width  numbers in a row, of 8 bytes together at most: 1 gives a dataset of one dimension, more one of two
 */
MUST_USE popgx_err_t h5_column(h5_file_t *file, const char *path, hid_t type, size_t width, const char *unit,
                               const char *description, h5_column_t *out);

/** Adds `n` rows to a column. All columns are made before the first rows, so that threads change nothing in the file. */
MUST_USE popgx_err_t h5_append(h5_file_t *file, h5_column_t column, const void *rows, size_t n);

/** A dataset of `n` rows of `type`, written at once; attributes as for a column. */
MUST_USE popgx_err_t h5_table(h5_file_t *file, const char *path, hid_t type, const void *rows, size_t n, const char *unit,
                              const char *description);
#endif
