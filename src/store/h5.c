/*
 * Owns an HDF5 file while it is written, and a hash of everything that went into each dataset. The default library
 * version bounds are kept, since files written with later ones need repair after a crash. A full disk shows in
 * H5Dwrite or H5Dclose while H5Fclose still says that all is well, and such a file can read back wrong without an error:
 * hence the checks and the comparison at the end.
 */
#include "store/h5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/disk.h"
#include "store/h5_file.h"
#include "store/h5_sealed.h"

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

    if (h5_sealed_met_damage()) return FAIL(IO, "%s: is damaged: some of its bytes are not those that were sealed", path);
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

static void release_datasets(h5_file_t *file)
{
    for (size_t i = 0; i < file->n_datasets; i++) {
        dataset_t *dataset = &file->datasets[i];
        if (dataset->id >= 0) H5Dclose(dataset->id);
        if (dataset->type >= 0) H5Tclose(dataset->type);
        XXH3_freeState(dataset->hash);
        free(dataset->path);
    }
    free(file->datasets);
}

void h5_discard(h5_file_t *file)
{
    if (!file) return;
    release_datasets(file);
    if (file->links >= 0) H5Pclose(file->links);
    if (file->id >= 0) H5Fclose(file->id);
    free(file->path);
    free(file);
}

/* The rows of a table, some at a time. */
static popgx_err_t hash_table(const char *path, hid_t id, hid_t space, const dataset_t *table, void *buffer, XXH3_state_t *hash)
{
    popgx_err_t err = POPGX_OK;
    hid_t memory = H5I_INVALID_HID;
    hsize_t slice = H5_BUFFER_BYTES / table->row_bytes;

    for (hsize_t at = 0; at < table->rows; at += slice) {
        hsize_t count = table->rows - at < slice ? table->rows - at : slice;
        TRY_H5(H5Sselect_hyperslab(space, H5S_SELECT_SET, &at, NULL, &count, NULL), path, "reading back");
        TRY_H5(memory = H5Screate_simple(1, &count, NULL), path, "reading back");
        TRY_H5(H5Dread(id, table->type, memory, space, H5P_DEFAULT, buffer), path, "reading back");
        XXH3_128bits_update(hash, buffer, (size_t)count * table->row_bytes);
        H5Sclose(memory);
        memory = H5I_INVALID_HID;
    }
out:
    if (memory >= 0) H5Sclose(memory);
    return err;
}

static popgx_err_t hash_dataset(const char *path, hid_t id, const dataset_t *dataset, void *buffer, XXH3_state_t *hash)
{
    popgx_err_t err = POPGX_OK;
    hid_t space = H5Dget_space(id);
    hsize_t size[2];

    TRY_H5(space, path, "reading back");
    TRY_H5(H5Sget_simple_extent_dims(space, size, NULL), path, "reading back");
    if (size[0] != dataset->rows)
        TRY(FAIL(IO, "%s: %s has %llu rows after closing, not %llu", path, dataset->path, (unsigned long long)size[0],
                 (unsigned long long)dataset->rows));
    err = dataset->width > 0 ? h5_hash_column(path, id, dataset, buffer, hash)
                             : hash_table(path, id, space, dataset, buffer, hash);
out:
    if (space >= 0) H5Sclose(space);
    return err;
}

static popgx_err_t verify_dataset(const char *path, hid_t file, const dataset_t *dataset, void *buffer)
{
    popgx_err_t err = POPGX_OK;
    XXH3_state_t *hash = XXH3_createState();
    hid_t id = H5Dopen2(file, dataset->path, H5P_DEFAULT);

    if (!hash) TRY(FAIL(NOMEM, "%s: out of memory", path));
    XXH3_128bits_reset(hash);
    TRY_H5(id, path, "reading back");
    TRY(hash_dataset(path, id, dataset, buffer, hash));
    if (!XXH128_isEqual(XXH3_128bits_digest(hash), XXH3_128bits_digest(dataset->hash)))
        TRY(FAIL(IO, "%s: %s does not read back as it was written", path, dataset->path));
out:
    if (id >= 0) H5Dclose(id);
    XXH3_freeState(hash);
    return err;
}

static popgx_err_t verify_file(const h5_file_t *file)
{
    popgx_err_t err = POPGX_OK;
    hid_t access = H5I_INVALID_HID, id = H5I_INVALID_HID;
    void *buffer = malloc(H5_BUFFER_BYTES);

    if (!buffer) TRY(FAIL(NOMEM, "%s: out of memory", file->path));
    TRY(open_access(file->path, &access));
    TRY_H5(id = H5Fopen(file->path, H5F_ACC_RDONLY, access), file->path, "opening it again");
    for (size_t i = 0; i < file->n_datasets; i++) TRY(verify_dataset(file->path, id, &file->datasets[i], buffer));
out:
    if (id >= 0) H5Fclose(id);
    if (access >= 0) H5Pclose(access);
    free(buffer);
    return err;
}

static popgx_err_t close_datasets(h5_file_t *file)
{
    popgx_err_t err = POPGX_OK;

    for (size_t i = 0; i < file->n_datasets; i++) {
        dataset_t *dataset = &file->datasets[i];
        hid_t id = dataset->id;
        INVARIANT(dataset->chunk_rows == 0 || dataset->written >= dataset->rows, "%s: a chunk is missing", dataset->path);
        dataset->id = H5I_INVALID_HID;
        if (id >= 0) TRY_H5(H5Dclose(id), file->path, "writing the last rows");
    }
out:
    return err;
}

popgx_err_t h5_seal(h5_file_t *file, seal_t *seal)
{
    popgx_err_t err = POPGX_OK;

    TRY(close_datasets(file));
    TRY_H5(H5Fflush(file->id, H5F_SCOPE_GLOBAL), file->path, "writing");
    hid_t id = file->id;
    file->id = H5I_INVALID_HID;
    TRY_H5(H5Fclose(id), file->path, "closing");
    TRY(disk_sync_path(file->path));
    TRY(verify_file(file));
    TRY(seal_append(file->path, seal));
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

popgx_err_t h5_add_dataset(h5_file_t *file, const char *path, hid_t type, dataset_t **out)
{
    dataset_t *grown = realloc(file->datasets, (file->n_datasets + 1) * sizeof *grown);

    if (!grown) return FAIL(NOMEM, "%s: out of memory", file->path);
    file->datasets = grown;
    dataset_t *dataset = &grown[file->n_datasets++];
    *dataset = (dataset_t){.path = strdup(path), .id = H5I_INVALID_HID, .type = H5Tcopy(type), .hash = XXH3_createState()};
    if (!dataset->path || !dataset->hash) return FAIL(NOMEM, "%s: out of memory", file->path);
    if (dataset->type < 0) return h5_failed(file->path, "making a dataset");
    dataset->row_bytes = H5Tget_size(type);
    XXH3_128bits_reset(dataset->hash);
    *out = dataset;
    return POPGX_OK;
}

popgx_err_t h5_describe(h5_file_t *file, const char *path, const char *unit, const char *description)
{
    popgx_err_t err;

    TRY(h5_text(file, path, "unit", unit));
    TRY(h5_text(file, path, "description", description));
out:
    return err;
}

popgx_err_t h5_table(h5_file_t *file, const char *path, hid_t type, const void *rows, size_t n, const char *unit,
                     const char *description)
{
    popgx_err_t err = POPGX_OK;
    hid_t properties = H5I_INVALID_HID, space = H5I_INVALID_HID;
    hsize_t size = n;
    dataset_t *table;

    TRY(h5_add_dataset(file, path, type, &table));
    TRY_H5(space = H5Screate_simple(1, &size, NULL), file->path, "making a table");
    TRY_H5(properties = H5Pcreate(H5P_DATASET_CREATE), file->path, "making a table");
    TRY_H5(H5Pset_obj_track_times(properties, false), file->path, "making a table");
    TRY_H5(table->id = H5Dcreate2(file->id, path, type, space, file->links, properties, H5P_DEFAULT), file->path,
           "making a table");
    if (n > 0) TRY_H5(H5Dwrite(table->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows), file->path, "writing a table");
    XXH3_128bits_update(table->hash, rows, n * table->row_bytes);
    table->rows = n;
    TRY(h5_describe(file, path, unit, description));
out:
    if (properties >= 0) H5Pclose(properties);
    if (space >= 0) H5Sclose(space);
    return err;
}
