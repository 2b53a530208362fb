/* What h5.c and h5_column.c share: the file, and what is known of each of its datasets. */
#ifndef POPGX_STORE_H5_FILE_H
#define POPGX_STORE_H5_FILE_H

#include <xxhash.h>

#include "store/chunks.h"
#include "store/h5.h"

typedef struct {
    char *path;
    hid_t id, type;
    size_t row_bytes, width;    /* width: numbers in a row of a column; 0: a table */
    hsize_t rows;
    XXH3_state_t *hash;         /* of what was written: rows of a table, streams of a column */
    chunk_t *chunk;             /* of a column: the one being filled, or NULL */
} dataset_t;

struct h5_file {
    char *path;
    hid_t id;
    hid_t links;                /* how names are stored: as UTF-8 */
    chunks_t *chunks;
    dataset_t *datasets;
    size_t n_datasets;
};

/** Registers a dataset that does not exist yet, so that h5_discard finds whatever comes to be of it. */
MUST_USE popgx_err_t h5_add_dataset(h5_file_t *file, const char *path, hid_t type, dataset_t **out);

MUST_USE popgx_err_t h5_describe(h5_file_t *file, const char *path, const char *unit, const char *description);

/** Writes the rows of all columns that have not filled a chunk. */
MUST_USE popgx_err_t h5_finish_columns(h5_file_t *file);
#endif
