/* Reading with HDF5's own functions; a file that was tampered with may make them fail, but not read what is not there. */
#include "store/h5_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/h5.h"
#include "store/h5_sealed.h"
#include "store/pages.h"

popgx_err_t h5_check(const char *path)
{
    h5_start();
    if (access(path, R_OK) != 0) return FAIL(INPUT, "%s: %s", path, strerror(errno));
    return H5Fis_hdf5(path) > 0 ? POPGX_OK : FAIL(INPUT, "%s: is not an HDF5 file", path);
}

static popgx_err_t open_file(const char *path, bool is_checked, h5_reader_t *out)
{
    popgx_err_t err = POPGX_OK;
    hid_t properties = H5I_INVALID_HID;
    bool has_pages = false;

    *out = (h5_reader_t){.path = path, .id = H5I_INVALID_HID};
    TRY(h5_check(path));
    TRY_H5(properties = H5Pcreate(H5P_FILE_ACCESS), path, "preparing");
    TRY_H5(H5Pset_fclose_degree(properties, H5F_CLOSE_STRONG), path, "preparing");
    TRY_H5(H5Pset_file_locking(properties, false, true), path, "preparing"); /* nobody writes a complete run */
    if (is_checked) TRY(pages_find(path, &has_pages));
    if (has_pages) TRY(h5_sealed_use(path, properties));
    TRY_H5(out->id = H5Fopen(path, H5F_ACC_RDONLY, properties), path, "opening");
out:
    if (properties >= 0) H5Pclose(properties);
    return err;
}

popgx_err_t h5_open(const char *path, h5_reader_t *out) { return open_file(path, true, out); }
popgx_err_t h5_open_damaged(const char *path, h5_reader_t *out) { return open_file(path, false, out); }

void h5_close(h5_reader_t *file)
{
    if (file->path && file->id >= 0) H5Fclose(file->id);
    *file = (h5_reader_t){.id = H5I_INVALID_HID};
}

bool h5_has(const h5_reader_t *file, const char *object)
{
    return H5Lexists(file->id, object, H5P_DEFAULT) > 0;
}

popgx_err_t h5_intact(const h5_reader_t *file)
{
    return h5_sealed_met_damage() ? FAIL(IO, "%s: is damaged: some of its bytes are not those that were sealed", file->path) : POPGX_OK;
}

/* ---- attributes ---- */

static popgx_err_t missing(const h5_reader_t *file, const char *object, const char *name)
{
    popgx_err_t err = h5_intact(file);

    if (err) return err;
    return FAIL(INPUT, "%s: %s has no attribute %s as a run has it", file->path, object, name);
}

popgx_err_t h5_read_text(const h5_reader_t *file, const char *object, const char *name, char **out)
{
    popgx_err_t err = POPGX_OK;
    char *text = NULL;
    hid_t type = H5I_INVALID_HID, attribute = H5Aopen_by_name(file->id, object, name, H5P_DEFAULT, H5P_DEFAULT);

    if (attribute >= 0) type = H5Aget_type(attribute);
    if (type < 0 || H5Tis_variable_str(type) <= 0 || H5Aread(attribute, type, &text) < 0 || !text) TRY(missing(file, object, name));
    *out = strdup(text);
    if (!*out) TRY(FAIL(NOMEM, "%s: out of memory", file->path));
out:
    H5free_memory(text);
    if (type >= 0) H5Tclose(type);
    if (attribute >= 0) H5Aclose(attribute);
    return err;
}

static popgx_err_t read_number(const h5_reader_t *file, const char *object, const char *name, hid_t type, void *out)
{
    popgx_err_t err = POPGX_OK;
    hid_t attribute = H5Aopen_by_name(file->id, object, name, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = attribute >= 0 ? H5Aget_space(attribute) : H5I_INVALID_HID;

    if (space < 0 || H5Sget_simple_extent_npoints(space) != 1 || H5Aread(attribute, type, out) < 0) err = missing(file, object, name);
    if (space >= 0) H5Sclose(space);
    if (attribute >= 0) H5Aclose(attribute);
    return err;
}

popgx_err_t h5_read_count(const h5_reader_t *file, const char *object, const char *name, uint64_t *out)
{
    return read_number(file, object, name, H5T_NATIVE_UINT64, out);
}

popgx_err_t h5_read_real(const h5_reader_t *file, const char *object, const char *name, double *out)
{
    return read_number(file, object, name, H5T_NATIVE_DOUBLE, out);
}

/* ---- datasets ---- */

/* Opens a dataset and finds its shape; `size` of a dimension that it does not have is 1. */
static popgx_err_t open_dataset(const h5_reader_t *file, const char *object, hid_t *dataset, hsize_t size[2])
{
    popgx_err_t err = POPGX_OK;
    hid_t space = H5I_INVALID_HID;

    size[0] = size[1] = 1;
    *dataset = H5Dopen2(file->id, object, H5P_DEFAULT);
    if (*dataset < 0) {
        err = h5_intact(file);
        return err ? err : FAIL(INPUT, "%s: has no %s", file->path, object);
    }
    TRY_H5(space = H5Dget_space(*dataset), file->path, "reading");
    int dimensions = H5Sget_simple_extent_ndims(space);
    if (dimensions < 1 || dimensions > 2) TRY(FAIL(INPUT, "%s: %s is not a list", file->path, object));
    TRY_H5(H5Sget_simple_extent_dims(space, size, NULL), file->path, "reading");
out:
    if (space >= 0) H5Sclose(space);
    if (err) {
        H5Dclose(*dataset);
        *dataset = H5I_INVALID_HID;
    }
    return err;
}

popgx_err_t h5_read_rows(const h5_reader_t *file, const char *object, uint64_t *out)
{
    hid_t dataset;
    hsize_t size[2];
    popgx_err_t err = open_dataset(file, object, &dataset, size);

    if (err) return err;
    *out = size[0];
    H5Dclose(dataset);
    return POPGX_OK;
}

popgx_err_t h5_read_bytes(const h5_reader_t *file, const char *object, unsigned char **bytes, size_t *n)
{
    popgx_err_t err;
    hid_t dataset = H5I_INVALID_HID;
    hsize_t size[2];

    *bytes = NULL;
    TRY(open_dataset(file, object, &dataset, size));
    *n = size[0];
    *bytes = calloc(*n + 1, 1);
    if (!*bytes) TRY(FAIL(NOMEM, "%s: out of memory for %s", file->path, object));
    if (*n > 0) TRY_H5(H5Dread(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, *bytes), file->path, "reading");
out:
    if (dataset >= 0) H5Dclose(dataset);
    if (err) {
        free(*bytes);
        *bytes = NULL;
    }
    return err;
}

/* A record of one member alone. HDF5 finds the member by its name; negative numbers read as unsigned ones would become 0. */
static popgx_err_t member_type(const h5_reader_t *file, hid_t found, const char *column, size_t text_bytes, hid_t *out)
{
    popgx_err_t err = POPGX_OK;
    hid_t text = H5I_INVALID_HID, member = H5Tget_member_type(found, (unsigned)H5Tget_member_index(found, column));
    const hid_t integer = member >= 0 && H5Tget_class(member) == H5T_INTEGER && H5Tget_sign(member) == H5T_SGN_2 ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;

    TRY_H5(*out = H5Tcreate(H5T_COMPOUND, text_bytes ? text_bytes : 8), file->path, "reading a table");
    if (text_bytes) {
        TRY_H5(text = H5Tcopy(H5T_C_S1), file->path, "reading a table");
        TRY_H5(H5Tset_size(text, text_bytes), file->path, "reading a table");
        TRY_H5(H5Tset_cset(text, H5T_CSET_UTF8), file->path, "reading a table");
    }
    TRY_H5(H5Tinsert(*out, column, 0, text_bytes ? text : integer), file->path, "reading a table");
out:
    if (member >= 0) H5Tclose(member);
    if (text >= 0) H5Tclose(text);
    return err;
}

/* Where HDF5 picks a column out of the rows: it would take 1 MiB, zeroed, for a table of two rows. */
static popgx_err_t transfer_properties(const h5_reader_t *file, uint64_t n, size_t row_bytes, hid_t *out)
{
    popgx_err_t err = POPGX_OK;
    const size_t usual = 1 << 20;

    TRY_H5(*out = H5Pcreate(H5P_DATASET_XFER), file->path, "reading a table");
    if (n < usual / row_bytes) TRY_H5(H5Pset_buffer(*out, (size_t)(n + 1) * row_bytes, NULL, NULL), file->path, "reading a table");
out:
    return err;
}

popgx_err_t h5_read_column(const h5_reader_t *file, const char *table, const char *column, uint64_t n, size_t text_bytes, void *out)
{
    popgx_err_t err;
    hid_t dataset = H5I_INVALID_HID, type = H5I_INVALID_HID, found = H5I_INVALID_HID, transfer = H5I_INVALID_HID;
    hsize_t size[2];

    TRY(open_dataset(file, table, &dataset, size));
    if (size[0] != n) TRY(FAIL(INPUT, "%s: %s has %llu rows, not %llu", file->path, table, (unsigned long long)size[0], (unsigned long long)n));
    TRY_H5(found = H5Dget_type(dataset), file->path, "reading a table");
    if (H5Tget_class(found) != H5T_COMPOUND || H5Tget_member_index(found, column) < 0)
        TRY(FAIL(INPUT, "%s: %s has no column %s", file->path, table, column));
    TRY(member_type(file, found, column, text_bytes, &type));
    TRY(transfer_properties(file, n, H5Tget_size(found) + H5Tget_size(type), &transfer));
    if (n > 0) TRY_H5(H5Dread(dataset, type, H5S_ALL, H5S_ALL, transfer, out), file->path, "reading a table");
    for (uint64_t i = 0; text_bytes && i < n; i++) ((char *)out)[(i + 1) * text_bytes - 1] = '\0';
out:
    if (transfer >= 0) H5Pclose(transfer);
    if (found >= 0) H5Tclose(found);
    if (type >= 0) H5Tclose(type);
    if (dataset >= 0) H5Dclose(dataset);
    return err;
}

/* ---- chunks ---- */

static popgx_err_t check_shape(const h5_reader_t *file, const char *column, hid_t dataset, const hsize_t size[2], const h5_shape_t *shape)
{
    popgx_err_t err = POPGX_OK;
    hid_t type = H5Dget_type(dataset), properties = H5Dget_create_plist(dataset);
    hsize_t chunk[2] = {0, 1};

    if (type < 0 || properties < 0 || H5Pget_layout(properties) != H5D_CHUNKED || H5Pget_chunk(properties, 2, chunk) < 1
        || H5Tget_size(type) != shape->number_bytes || size[0] != shape->rows || size[1] != shape->width || chunk[0] != shape->chunk_rows)
        err = FAIL(INPUT, "%s: the column %s has another shape than the run's blocks say", file->path, column);
    if (type >= 0) H5Tclose(type);
    if (properties >= 0) H5Pclose(properties);
    return err;
}

popgx_err_t h5_open_column(const h5_reader_t *file, const char *column, const h5_shape_t *shape, hid_t *out)
{
    hsize_t size[2];
    popgx_err_t err = open_dataset(file, column, out, size);

    if (err) return err;
    err = check_shape(file, column, *out, size, shape);
    if (!err) return POPGX_OK;
    H5Dclose(*out);
    *out = H5I_INVALID_HID;
    return err;
}

popgx_err_t h5_chunk_bytes(const h5_reader_t *file, hid_t column, uint64_t row, uint32_t *n_bytes)
{
    popgx_err_t err = POPGX_OK;
    hsize_t place[2] = {row, 0}, length = 0;

    TRY_H5(H5Dget_chunk_storage_size(column, place, &length), file->path, "looking for a chunk");
    if (length == 0 || length > UINT32_MAX) TRY(FAIL(IO, "%s: a chunk is missing", file->path));
    *n_bytes = (uint32_t)length;
out:
    return err;
}

popgx_err_t h5_read_chunk(const h5_reader_t *file, hid_t column, uint64_t row, void *bytes)
{
    popgx_err_t err = POPGX_OK;
    hsize_t place[2] = {row, 0};
    uint32_t skipped_filters = 0;

    h5_sealed_give_chunks(true);
    const herr_t status = H5Dread_chunk(column, H5P_DEFAULT, place, &skipped_filters, bytes);
    h5_sealed_give_chunks(false);
    TRY_H5(status, file->path, "reading a chunk");
    if (skipped_filters != 0) TRY(FAIL(IO, "%s: a chunk lost its filters", file->path));
out:
    return err;
}
