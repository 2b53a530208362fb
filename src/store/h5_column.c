/*
 * Columns: their chunks are written as they shall be in the file, past HDF5's own filters, which run on one thread and slowly;
 * or they are virtual, which means that they are in other files. Either way what is not there reads as bytes of 255.
 */
#include <string.h>

#include "store/h5_file.h"

static popgx_err_t make_properties(h5_file_t *file, hid_t type, hid_t *out)
{
    popgx_err_t err = POPGX_OK;
    unsigned char padding[8];

    memset(padding, 255, sizeof padding);
    TRY_H5(*out = H5Pcreate(H5P_DATASET_CREATE), file->path, "making a column");
    TRY_H5(H5Pset_obj_track_times(*out, false), file->path, "making a column");
    TRY_H5(H5Pset_fill_value(*out, type, padding), file->path, "making a column");
out:
    return err;
}

static popgx_err_t create(h5_file_t *file, const char *path, const h5_column_spec_t *spec, hid_t properties, dataset_t *column)
{
    popgx_err_t err = POPGX_OK;
    hsize_t size[2] = {spec->rows, spec->width}, most[2] = {H5S_UNLIMITED, spec->width}; /* chunks may be longer than the column */
    hid_t space = H5Screate_simple(spec->width > 1 ? 2 : 1, size, column->chunk_rows > 0 ? most : NULL);

    column->width = spec->width;
    column->row_bytes *= spec->width;
    column->rows = spec->rows;
    TRY_H5(space, file->path, "making a column");
    TRY_H5(column->id = H5Dcreate2(file->id, path, spec->type, space, file->links, properties, H5P_DEFAULT), file->path,
           "making a column");
    TRY(h5_describe(file, path, spec->unit, spec->description));
out:
    if (space >= 0) H5Sclose(space);
    return err;
}

popgx_err_t h5_column(h5_file_t *file, const char *path, const h5_column_spec_t *spec, hsize_t chunk_rows, h5_column_t *out)
{
    popgx_err_t err = POPGX_OK;
    hid_t properties = H5I_INVALID_HID;
    hsize_t chunk[2] = {chunk_rows, spec->width};
    dataset_t *column;

    INVARIANT(spec->width >= 1 && spec->width * H5Tget_size(spec->type) * chunk_rows <= COLUMNS_MOST_CHUNK_BYTES,
              "a chunk of %llu rows", (unsigned long long)chunk_rows);
    TRY(h5_add_dataset(file, path, spec->type, &column));
    column->chunk_rows = chunk_rows;
    TRY(make_properties(file, spec->type, &properties));
    TRY_H5(H5Pset_chunk(properties, spec->width > 1 ? 2 : 1, chunk), file->path, "making a column");
    TRY_H5(codec_set_filters(properties, spec->codec), file->path, "making a column");
    TRY(create(file, path, spec, properties, column));
    *out = (h5_column_t)(file->n_datasets - 1);
out:
    if (properties >= 0) H5Pclose(properties);
    return err;
}

popgx_err_t h5_chunk(h5_file_t *file, h5_column_t handle, const void *stream, size_t n_bytes)
{
    popgx_err_t err = POPGX_OK;
    dataset_t *column = &file->datasets[handle];
    hsize_t at[2] = {column->written, 0};

    INVARIANT(column->written < column->rows, "%s: a chunk too many", column->path);
    TRY_H5(H5Dwrite_chunk(column->id, H5P_DEFAULT, 0, at, n_bytes, stream), file->path, "writing");
    XXH3_128bits_update(column->hash, stream, n_bytes);
    column->written += column->chunk_rows;
out:
    return err;
}

/* In the names of sources HDF5 takes % for the beginning of a number of its own. */
static popgx_err_t escape(const char *name, char *out, size_t size)
{
    size_t n = 0;

    for (; *name && n + 3 < size; name++) {
        if (*name == '%') out[n++] = '%';
        out[n++] = *name;
    }
    out[n] = '\0';
    return *name ? FAIL(INPUT, "the name %s is too long for a virtual column", out) : POPGX_OK;
}

/* Maps the rows of one file behind those of the files before it. */
static popgx_err_t map_file(h5_file_t *file, hid_t properties, const char *path, const h5_column_spec_t *spec, const char *name,
                            hsize_t first, hsize_t rows)
{
    char there_path[1024], there_name[1024];
    popgx_err_t err = POPGX_OK;
    const int dimensions = spec->width > 1 ? 2 : 1;
    hsize_t whole[2] = {spec->rows, spec->width}, there[2] = {rows, spec->width}, begin[2] = {first, 0};
    hid_t to = H5Screate_simple(dimensions, whole, NULL), from = H5Screate_simple(dimensions, there, NULL);

    TRY_H5(to < 0 || from < 0 ? -1 : 0, file->path, "making a virtual column");
    TRY(escape(path, there_path, sizeof there_path));
    TRY(escape(name, there_name, sizeof there_name));
    TRY_H5(H5Sselect_hyperslab(to, H5S_SELECT_SET, begin, NULL, there, NULL), file->path, "making a virtual column");
    TRY_H5(H5Pset_virtual(properties, to, there_name, there_path, from), file->path, "making a virtual column");
out:
    if (to >= 0) H5Sclose(to);
    if (from >= 0) H5Sclose(from);
    return err;
}

popgx_err_t h5_virtual_column(h5_file_t *file, const char *path, const h5_column_spec_t *spec, size_t n_files,
                              const char *const *files, const hsize_t *file_rows)
{
    popgx_err_t err = POPGX_OK;
    hid_t properties = H5I_INVALID_HID;
    hsize_t first = 0;
    dataset_t *column;

    TRY(h5_add_dataset(file, path, spec->type, &column));
    TRY(make_properties(file, spec->type, &properties));
    for (size_t i = 0; i < n_files; i++) {
        if (file_rows[i] > 0) TRY(map_file(file, properties, path, spec, files[i], first, file_rows[i]));
        first += file_rows[i];
    }
    INVARIANT(first == spec->rows, "%s: %llu rows in files that have %llu", path, (unsigned long long)spec->rows, (unsigned long long)first);
    TRY(create(file, path, spec, properties, column));
out:
    if (properties >= 0) H5Pclose(properties);
    return err;
}

popgx_err_t h5_hash_column(const char *path, hid_t id, const dataset_t *column, void *buffer, XXH3_state_t *hash)
{
    popgx_err_t err = POPGX_OK;
    hsize_t at[2] = {0, 0}, n_bytes;
    uint32_t skipped_filters;

    for (; column->chunk_rows > 0 && at[0] < column->rows; at[0] += column->chunk_rows) {
        TRY_H5(H5Dget_chunk_storage_size(id, at, &n_bytes), path, "reading back");
        if (n_bytes > H5_BUFFER_BYTES) TRY(FAIL(IO, "%s: a chunk has %llu bytes", path, (unsigned long long)n_bytes));
        TRY_H5(H5Dread_chunk(id, H5P_DEFAULT, at, &skipped_filters, buffer), path, "reading back");
        if (skipped_filters != 0) TRY(FAIL(IO, "%s: a chunk lost its filters", path));
        XXH3_128bits_update(hash, buffer, (size_t)n_bytes);
    }
out:
    return err;
}
