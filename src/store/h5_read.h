/*
 * HDF5 files read back: attributes, tables by the names of their columns, and chunks as they are. Everything is compared with
 * what is expected before it is believed; whatever does not fit is told with the file's name. One thread at a time.
 */
#ifndef POPGX_STORE_H5_READ_H
#define POPGX_STORE_H5_READ_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

typedef struct {
    const char *path;       /* borrowed */
    hid_t id;
} h5_reader_t;

/** Whether there is an HDF5 file. @retval POPGX_E_INPUT  no */
MUST_USE popgx_err_t h5_check(const char *path);

/** @retval POPGX_E_INPUT  it is no HDF5 file @retval POPGX_E_IO  it cannot be read */
MUST_USE popgx_err_t h5_open(const char *path, h5_reader_t *out);
/** The same of a file that is known to be damaged: HDF5 gets its bytes as they are, and may crash on them. */
MUST_USE popgx_err_t h5_open_damaged(const char *path, h5_reader_t *out);
void h5_close(h5_reader_t *file); /* one that was not opened, zeroed or closed, is allowed */

/** False also where what says so is damaged: h5_intact tells. */
bool h5_has(const h5_reader_t *file, const char *object);

/** @retval POPGX_E_IO  something that was read since the last failure was damaged */
MUST_USE popgx_err_t h5_intact(const h5_reader_t *file);

/* Attributes of an object; the caller frees a text. */
MUST_USE popgx_err_t h5_read_text(const h5_reader_t *file, const char *object, const char *name, char **out);
MUST_USE popgx_err_t h5_read_count(const h5_reader_t *file, const char *object, const char *name, uint64_t *out);
MUST_USE popgx_err_t h5_read_real(const h5_reader_t *file, const char *object, const char *name, double *out);

/** Rows of a dataset. */
MUST_USE popgx_err_t h5_read_rows(const h5_reader_t *file, const char *object, uint64_t *out);

/** A dataset of bytes; the caller frees them. */
MUST_USE popgx_err_t h5_read_bytes(const h5_reader_t *file, const char *object, unsigned char **bytes, size_t *n);

/** One column of integers of a table, or of texts of `text_bytes` (0: integers) with a NUL behind each. @param out  [n] of 8 bytes, or [n][text_bytes] */
MUST_USE popgx_err_t h5_read_column(const h5_reader_t *file, const char *table, const char *column, uint64_t n, size_t text_bytes, void *out);

/** What a column of chunks must look like. */
typedef struct {
    size_t number_bytes, width;
    uint64_t rows, chunk_rows;
} h5_shape_t;

/** Opens a column of chunks for h5_read_chunk; H5Dclose it. @retval POPGX_E_INPUT  it has another shape */
MUST_USE popgx_err_t h5_open_column(const h5_reader_t *file, const char *column, const h5_shape_t *shape, hid_t *out);

/** Bytes of the chunk that begins at a row. @retval POPGX_E_IO  it is not there */
MUST_USE popgx_err_t h5_chunk_bytes(const h5_reader_t *file, hid_t column, uint64_t row, uint32_t *n_bytes);

/** The chunk as it is in the file; the caller has a hash of it. @param bytes  [h5_chunk_bytes] */
MUST_USE popgx_err_t h5_read_chunk(const h5_reader_t *file, hid_t column, uint64_t row, void *bytes);
#endif
