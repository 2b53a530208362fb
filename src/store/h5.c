/*
 * Owns an HDF5 file while it is written, and a hash of everything that went into each dataset. The default library
 * version bounds are kept, since files written with later ones need repair after a crash. A full disk shows in
 * H5Dwrite or H5Dclose while H5Fclose still says that all is well, and such a file can read back wrong without an error:
 * hence the checks and the comparison at the end.
 */
#include "store/h5.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { CHUNK_ROWS = 65536, MAX_COLUMN_WIDTH = 2, VERIFY_BYTES = 1 << 20 };

typedef struct {
    char *path;
    hid_t dataset, type;
    size_t width, row_bytes;
    hsize_t rows;
    XXH3_state_t *hash;
} column_t;

struct h5_file {
    char *path;
    hid_t id;
    hid_t links;            /* how names are stored: as UTF-8 */
    column_t *columns;
    size_t n_columns;
};

/* ---- errors ---- */

/* After a full disk HDF5 1.10 crashes in its own exit handler, on files that could not be closed. Everything is closed
 * here, so the handler has nothing to do; it must be declined before the library's first call. */
void h5_start(void)
{
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* The innermost description, and the system's own words if they are quoted in it. */
static herr_t find_cause(unsigned depth, const H5E_error2_t *error, void *context)
{
    char *cause = context;
    const char *quoted = strstr(error->desc, "error message = '");

    if (depth > 0) return 0;
    if (quoted) {
        quoted += strlen("error message = '");
        snprintf(cause, 256, "%.*s", (int)strcspn(quoted, "'"), quoted);
    } else {
        snprintf(cause, 256, "%s", error->desc);
    }
    return 0;
}

popgx_err_t h5_failed(const char *path, const char *doing)
{
    char cause[256] = "unknown cause";

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_cause, cause);
    return FAIL(IO, "%s: %s: %s", path, doing, cause);
}

/* ---- files ---- */

static popgx_err_t open_access(const char *path, hid_t *access)
{
    popgx_err_t err = POPGX_OK;

    *access = H5Pcreate(H5P_FILE_ACCESS);
    TRY_H5(*access, path, "preparing");
    TRY_H5(H5Pset_fclose_degree(*access, H5F_CLOSE_STRONG), path, "preparing");
    TRY_H5(H5Pset_file_locking(*access, true, true), path, "preparing"); /* file systems without locks are no error */
out:
    return err;
}

popgx_err_t h5_create(const char *path, h5_file_t **out)
{
    popgx_err_t err = POPGX_OK;
    hid_t access = H5I_INVALID_HID;
    h5_file_t *file = calloc(1, sizeof *file);

    if (!file) return FAIL(NOMEM, "%s: out of memory", path);
    file->id = file->links = H5I_INVALID_HID;
    file->path = strdup(path);
    if (!file->path) TRY(FAIL(NOMEM, "%s: out of memory", path));
    h5_start();
    TRY(open_access(path, &access));
    TRY_H5(file->links = H5Pcreate(H5P_LINK_CREATE), path, "preparing");
    TRY_H5(H5Pset_char_encoding(file->links, H5T_CSET_UTF8), path, "preparing");
    TRY_H5(file->id = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access), path, "creating");
    *out = file;
    file = NULL;
out:
    if (access >= 0) H5Pclose(access);
    h5_discard(file);
    return err;
}

static void release_columns(h5_file_t *file)
{
    for (size_t i = 0; i < file->n_columns; i++) {
        column_t *column = &file->columns[i];
        if (column->dataset >= 0) H5Dclose(column->dataset);
        if (column->type >= 0) H5Tclose(column->type);
        XXH3_freeState(column->hash);
        free(column->path);
    }
    free(file->columns);
}

void h5_discard(h5_file_t *file)
{
    if (!file) return;
    release_columns(file);
    if (file->links >= 0) H5Pclose(file->links);
    if (file->id >= 0) H5Fclose(file->id);
    free(file->path);
    free(file);
}

static popgx_err_t sync_file(const char *path)
{
    popgx_err_t err = POPGX_OK;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0) return FAIL(IO, "%s: %s", path, strerror(errno));
    if (fsync(fd) != 0) err = FAIL(IO, "%s: syncing: %s", path, strerror(errno));
    close(fd);
    return err;
}

static popgx_err_t hash_dataset(const char *path, hid_t dataset, const column_t *column, void *buffer, XXH3_state_t *hash)
{
    popgx_err_t err = POPGX_OK;
    hid_t space = H5Dget_space(dataset), memory = H5I_INVALID_HID;
    hsize_t size[2] = {0, 1}, slice = VERIFY_BYTES / column->row_bytes;

    TRY_H5(space, path, "reading back");
    TRY_H5(H5Sget_simple_extent_dims(space, size, NULL), path, "reading back");
    if (size[0] != column->rows)
        TRY(FAIL(IO, "%s: %s has %llu rows after closing, not %llu", path, column->path, (unsigned long long)size[0],
                 (unsigned long long)column->rows));
    for (hsize_t at = 0; at < column->rows; at += slice) {
        hsize_t start[2] = {at, 0}, count[2] = {column->rows - at < slice ? column->rows - at : slice, column->width};
        TRY_H5(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL), path, "reading back");
        TRY_H5(memory = H5Screate_simple(column->width > 1 ? 2 : 1, count, NULL), path, "reading back");
        TRY_H5(H5Dread(dataset, column->type, memory, space, H5P_DEFAULT, buffer), path, "reading back");
        XXH3_128bits_update(hash, buffer, (size_t)count[0] * column->row_bytes);
        H5Sclose(memory);
        memory = H5I_INVALID_HID;
    }
out:
    if (memory >= 0) H5Sclose(memory);
    if (space >= 0) H5Sclose(space);
    return err;
}

static popgx_err_t verify_column(const char *path, hid_t id, const column_t *column, void *buffer)
{
    popgx_err_t err = POPGX_OK;
    XXH3_state_t *hash = XXH3_createState();
    hid_t dataset = H5Dopen2(id, column->path, H5P_DEFAULT);

    if (!hash) TRY(FAIL(NOMEM, "%s: out of memory", path));
    XXH3_128bits_reset(hash);
    TRY_H5(dataset, path, "reading back");
    TRY(hash_dataset(path, dataset, column, buffer, hash));
    if (!XXH128_isEqual(XXH3_128bits_digest(hash), XXH3_128bits_digest(column->hash)))
        TRY(FAIL(IO, "%s: %s does not read back as it was written", path, column->path));
out:
    if (dataset >= 0) H5Dclose(dataset);
    XXH3_freeState(hash);
    return err;
}

static popgx_err_t verify_file(const h5_file_t *file)
{
    popgx_err_t err = POPGX_OK;
    hid_t access = H5I_INVALID_HID, id = H5I_INVALID_HID;
    void *buffer = malloc(VERIFY_BYTES);

    if (!buffer) TRY(FAIL(NOMEM, "%s: out of memory", file->path));
    TRY(open_access(file->path, &access));
    TRY_H5(id = H5Fopen(file->path, H5F_ACC_RDONLY, access), file->path, "opening it again");
    for (size_t i = 0; i < file->n_columns; i++) TRY(verify_column(file->path, id, &file->columns[i], buffer));
out:
    if (id >= 0) H5Fclose(id);
    if (access >= 0) H5Pclose(access);
    free(buffer);
    return err;
}

popgx_err_t h5_seal(h5_file_t *file)
{
    popgx_err_t err = POPGX_OK;

    for (size_t i = 0; i < file->n_columns; i++) {
        hid_t dataset = file->columns[i].dataset;
        file->columns[i].dataset = H5I_INVALID_HID;
        if (dataset >= 0) TRY_H5(H5Dclose(dataset), file->path, "writing the last rows");
    }
    TRY_H5(H5Fflush(file->id, H5F_SCOPE_GLOBAL), file->path, "writing");
    hid_t id = file->id;
    file->id = H5I_INVALID_HID;
    TRY_H5(H5Fclose(id), file->path, "closing");
    TRY(sync_file(file->path));
    TRY(verify_file(file));
out:
    h5_discard(file);
    return err;
}

popgx_err_t h5_group(h5_file_t *file, const char *path)
{
    popgx_err_t err = POPGX_OK;
    hid_t properties = H5Pcreate(H5P_GROUP_CREATE), group = H5I_INVALID_HID;

    TRY_H5(properties, file->path, "making a group");
    TRY_H5(H5Pset_obj_track_times(properties, false), file->path, "making a group");
    TRY_H5(group = H5Gcreate2(file->id, path, file->links, properties, H5P_DEFAULT), file->path, "making a group");
out:
    if (group >= 0) H5Gclose(group);
    if (properties >= 0) H5Pclose(properties);
    return err;
}

/* ---- attributes ---- */

static popgx_err_t write_attribute(h5_file_t *file, const char *path, const char *name, hid_t type, hid_t space, const void *value)
{
    popgx_err_t err = POPGX_OK;
    hid_t attribute = H5I_INVALID_HID;

    TRY_H5(space, file->path, "writing an attribute");
    TRY_H5(attribute = H5Acreate_by_name(file->id, path, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
           file->path, "writing an attribute");
    TRY_H5(H5Awrite(attribute, type, value), file->path, "writing an attribute");
out:
    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return err;
}

static popgx_err_t write_texts(h5_file_t *file, const char *path, const char *name, hid_t space, const char *const *values)
{
    popgx_err_t err = POPGX_OK;
    hid_t type = H5Tcopy(H5T_C_S1);

    TRY_H5(H5Tset_size(type, H5T_VARIABLE), file->path, "writing a text");
    TRY_H5(H5Tset_cset(type, H5T_CSET_UTF8), file->path, "writing a text");
    err = write_attribute(file, path, name, type, space, values);
    space = H5I_INVALID_HID;
out:
    if (space >= 0) H5Sclose(space);
    H5Tclose(type);
    return err;
}

popgx_err_t h5_text(h5_file_t *file, const char *path, const char *name, const char *value)
{
    return write_texts(file, path, name, H5Screate(H5S_SCALAR), &value);
}

popgx_err_t h5_texts(h5_file_t *file, const char *path, const char *name, const char *const *values, size_t n)
{
    hsize_t size = n;
    return write_texts(file, path, name, H5Screate_simple(1, &size, NULL), values);
}

popgx_err_t h5_count(h5_file_t *file, const char *path, const char *name, uint64_t value)
{
    return write_attribute(file, path, name, H5T_NATIVE_UINT64, H5Screate(H5S_SCALAR), &value);
}

popgx_err_t h5_real(h5_file_t *file, const char *path, const char *name, double value)
{
    return write_attribute(file, path, name, H5T_NATIVE_DOUBLE, H5Screate(H5S_SCALAR), &value);
}

/* ---- datasets ---- */

/* Registers a dataset that does not exist yet, so that h5_discard finds whatever comes to be of it. */
static popgx_err_t add_column(h5_file_t *file, const char *path, hid_t type, size_t width, column_t **out)
{
    column_t *grown = realloc(file->columns, (file->n_columns + 1) * sizeof *grown);

    if (!grown) return FAIL(NOMEM, "%s: out of memory", file->path);
    file->columns = grown;
    column_t *column = &grown[file->n_columns++];
    *column = (column_t){.path = strdup(path), .dataset = H5I_INVALID_HID, .type = H5Tcopy(type), .width = width,
                         .row_bytes = width * H5Tget_size(type), .hash = XXH3_createState()};
    if (!column->path || !column->hash) return FAIL(NOMEM, "%s: out of memory", file->path);
    if (column->type < 0) return h5_failed(file->path, "making a column");
    XXH3_128bits_reset(column->hash);
    *out = column;
    return POPGX_OK;
}

static popgx_err_t describe(h5_file_t *file, const char *path, const char *unit, const char *description)
{
    popgx_err_t err;

    TRY(h5_text(file, path, "unit", unit));
    TRY(h5_text(file, path, "description", description));
out:
    return err;
}

popgx_err_t h5_column(h5_file_t *file, const char *path, hid_t type, size_t width, const char *unit, const char *description,
                      h5_column_t *out)
{
    popgx_err_t err = POPGX_OK;
    hid_t properties = H5I_INVALID_HID, space = H5I_INVALID_HID;
    hsize_t size[2] = {0, width}, most[2] = {H5S_UNLIMITED, width}, chunk[2] = {CHUNK_ROWS, width};
    int dimensions = width > 1 ? 2 : 1;
    column_t *column;

    INVARIANT(width >= 1 && width <= MAX_COLUMN_WIDTH, "a column of %zu numbers", width);
    TRY(add_column(file, path, type, width, &column));
    TRY_H5(space = H5Screate_simple(dimensions, size, most), file->path, "making a column");
    TRY_H5(properties = H5Pcreate(H5P_DATASET_CREATE), file->path, "making a column");
    TRY_H5(H5Pset_obj_track_times(properties, false), file->path, "making a column");
    TRY_H5(H5Pset_chunk(properties, dimensions, chunk), file->path, "making a column");
    TRY_H5(H5Pset_shuffle(properties), file->path, "making a column");
    TRY_H5(H5Pset_deflate(properties, 1), file->path, "making a column");
    TRY_H5(column->dataset = H5Dcreate2(file->id, path, type, space, file->links, properties, H5P_DEFAULT), file->path,
           "making a column");
    TRY(describe(file, path, unit, description));
    *out = (h5_column_t)(file->n_columns - 1);
out:
    if (properties >= 0) H5Pclose(properties);
    if (space >= 0) H5Sclose(space);
    return err;
}

popgx_err_t h5_append(h5_file_t *file, h5_column_t handle, const void *rows, size_t n)
{
    popgx_err_t err = POPGX_OK;
    column_t *column = &file->columns[handle];
    hid_t space = H5I_INVALID_HID, memory = H5I_INVALID_HID;
    hsize_t size[2] = {column->rows + n, column->width}, start[2] = {column->rows, 0}, count[2] = {n, column->width};

    if (n == 0) return POPGX_OK;
    TRY_H5(H5Dset_extent(column->dataset, size), file->path, "writing");
    TRY_H5(space = H5Dget_space(column->dataset), file->path, "writing");
    TRY_H5(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL), file->path, "writing");
    TRY_H5(memory = H5Screate_simple(column->width > 1 ? 2 : 1, count, NULL), file->path, "writing");
    TRY_H5(H5Dwrite(column->dataset, column->type, memory, space, H5P_DEFAULT, rows), file->path, "writing");
    XXH3_128bits_update(column->hash, rows, n * column->row_bytes);
    column->rows += n;
out:
    if (memory >= 0) H5Sclose(memory);
    if (space >= 0) H5Sclose(space);
    return err;
}

popgx_err_t h5_table(h5_file_t *file, const char *path, hid_t type, const void *rows, size_t n, const char *unit,
                     const char *description)
{
    popgx_err_t err = POPGX_OK;
    hid_t properties = H5I_INVALID_HID, space = H5I_INVALID_HID;
    hsize_t size = n;
    column_t *column;

    TRY(add_column(file, path, type, 1, &column));
    TRY_H5(space = H5Screate_simple(1, &size, NULL), file->path, "making a table");
    TRY_H5(properties = H5Pcreate(H5P_DATASET_CREATE), file->path, "making a table");
    TRY_H5(H5Pset_obj_track_times(properties, false), file->path, "making a table");
    TRY_H5(column->dataset = H5Dcreate2(file->id, path, type, space, file->links, properties, H5P_DEFAULT), file->path,
           "making a table");
    if (n > 0) TRY_H5(H5Dwrite(column->dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows), file->path, "writing a table");
    XXH3_128bits_update(column->hash, rows, n * column->row_bytes);
    column->rows = n;
    TRY(describe(file, path, unit, description));
out:
    if (properties >= 0) H5Pclose(properties);
    if (space >= 0) H5Sclose(space);
    return err;
}
