/* What h5.c and h5_column.c share: the file, and what is known of each of its datasets. */
#ifndef POPGX_STORE_H5_FILE_H
#define POPGX_STORE_H5_FILE_H

#include <xxhash.h>

#include "store/columns.h"
#include "store/h5.h"

enum { H5_BUFFER_BYTES = 2 * COLUMNS_MOST_CHUNK_BYTES };

typedef struct {
    char *path;
    hid_t id, type;
    size_t row_bytes, width;    /* width: numbers in a row of a column; 0: a table */
    hsize_t rows;
    hsize_t chunk_rows;         /* 0: a table, or virtual */
    hsize_t written;            /* rows of a column, by whole chunks */
    XXH3_state_t *hash;         /* of what was written: rows of a table, streams of a column */
} dataset_t;

struct h5_file {
    char *path;
    hid_t id;
    hid_t links;                /* how names are stored: as UTF-8 */
    dataset_t *datasets;
    size_t n_datasets;
};

/** Registers a dataset that does not exist yet, so that h5_discard finds whatever comes to be of it. */
MUST_USE popgx_err_t h5_add_dataset(h5_file_t *file, const char *path, hid_t type, dataset_t **out);

MUST_USE popgx_err_t h5_describe(h5_file_t *file, const char *path, const char *unit, const char *description);

/** Hashes the streams of a column in a file that was closed and opened again. @param buffer  [H5_BUFFER_BYTES] */
MUST_USE popgx_err_t h5_hash_column(const char *path, hid_t id, const dataset_t *column, void *buffer, XXH3_state_t *hash);
#endif
