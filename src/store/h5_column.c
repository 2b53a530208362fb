/*
 * Columns that grow: rows gather in a chunk, which is compressed and written when it is full (chunks.h). Assumes that
 * nobody appends after h5_finish_columns.
 */
#include <string.h>

#include "store/h5_file.h"

popgx_err_t h5_column(h5_file_t *file, const char *path, hid_t type, size_t width, const char *unit, const char *description,
                      h5_column_t *out)
{
    popgx_err_t err = POPGX_OK;
    hid_t properties = H5I_INVALID_HID, space = H5I_INVALID_HID;
    hsize_t size[2] = {0, width}, most[2] = {H5S_UNLIMITED, width}, chunk[2] = {CHUNK_ROWS, width};
    int dimensions = width > 1 ? 2 : 1;
    dataset_t *column;

    INVARIANT(width >= 1 && width * H5Tget_size(type) <= CHUNK_MOST_BYTES / CHUNK_ROWS, "a column of %zu numbers", width);
    TRY(h5_add_dataset(file, path, type, &column));
    column->width = width;
    column->row_bytes *= width;
    TRY_H5(space = H5Screate_simple(dimensions, size, most), file->path, "making a column");
    TRY_H5(properties = H5Pcreate(H5P_DATASET_CREATE), file->path, "making a column");
    TRY_H5(H5Pset_obj_track_times(properties, false), file->path, "making a column");
    TRY_H5(H5Pset_chunk(properties, dimensions, chunk), file->path, "making a column");
    TRY_H5(H5Pset_shuffle(properties), file->path, "making a column");
    TRY_H5(H5Pset_deflate(properties, 1), file->path, "making a column");
    TRY_H5(column->id = H5Dcreate2(file->id, path, type, space, file->links, properties, H5P_DEFAULT), file->path,
           "making a column");
    TRY(h5_describe(file, path, unit, description));
    *out = (h5_column_t)(file->n_datasets - 1);
out:
    if (properties >= 0) H5Pclose(properties);
    if (space >= 0) H5Sclose(space);
    return err;
}

static popgx_err_t hand_over(h5_file_t *file, dataset_t *column)
{
    chunk_t *chunk = column->chunk;

    column->chunk = NULL;
    chunk->dataset = column->id;
    chunk->first_row = (column->rows - 1) / CHUNK_ROWS * CHUNK_ROWS;
    chunk->n_rows = column->rows;
    chunk->width = column->width;
    chunk->number_bytes = column->row_bytes / column->width;
    chunk->hash = column->hash;
    return chunks_hand_over(file->chunks, chunk);
}

popgx_err_t h5_append(h5_file_t *file, h5_column_t handle, const void *rows, size_t n)
{
    popgx_err_t err = POPGX_OK;
    dataset_t *column = &file->datasets[handle];
    const unsigned char *from = rows;

    while (n > 0) {
        size_t filled = (size_t)(column->rows % CHUNK_ROWS), part = n < CHUNK_ROWS - filled ? n : CHUNK_ROWS - filled;
        if (!column->chunk) TRY(chunks_borrow(file->chunks, &column->chunk));
        memcpy(column->chunk->numbers + filled * column->row_bytes, from, part * column->row_bytes);
        column->rows += part;
        from += part * column->row_bytes;
        n -= part;
        if (filled + part == CHUNK_ROWS) TRY(hand_over(file, column));
    }
out:
    return err;
}

popgx_err_t h5_finish_columns(h5_file_t *file)
{
    popgx_err_t err = POPGX_OK;

    for (size_t i = 0; i < file->n_datasets; i++) {
        dataset_t *column = &file->datasets[i];
        if (!column->chunk) continue;
        size_t filled = (size_t)(column->rows % CHUNK_ROWS) * column->row_bytes;
        memset(column->chunk->numbers + filled, 0, CHUNK_ROWS * column->row_bytes - filled);
        TRY(hand_over(file, column));
    }
    TRY(chunks_flush(file->chunks));
out:
    return err;
}
