/* Copies by the library's own means; what it copied is read back by h5_seal like everything else. */
#include "store/h5_copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/h5_file.h"

typedef struct {
    h5_file_t *file;
    const h5_reader_t *from;
    const char *const *without;
    char path[1024];            /* of the object in hand */
    popgx_err_t err;
} copy_t;

static popgx_err_t copy_attribute(copy_t *copy, const char *name)
{
    popgx_err_t err = POPGX_OK;
    const char *path = copy->from->path;
    hid_t from = H5Aopen(copy->from->id, name, H5P_DEFAULT), type = H5I_INVALID_HID, space = H5I_INVALID_HID, to = H5I_INVALID_HID;
    void *value = NULL;
    bool is_text = false;

    TRY_H5(from, path, "reading an attribute");
    TRY_H5(type = H5Aget_type(from), path, "reading an attribute");
    TRY_H5(space = H5Aget_space(from), path, "reading an attribute");
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    TRY_H5(n < 0 ? -1 : 0, path, "reading an attribute");
    value = calloc((size_t)n + 1, H5Tget_size(type));
    if (!value) TRY(FAIL(NOMEM, "%s: out of memory", path));
    TRY_H5(H5Aread(from, type, value), path, "reading an attribute");
    is_text = H5Tis_variable_str(type) > 0;
    TRY_H5(to = H5Acreate2(copy->file->id, name, type, space, H5P_DEFAULT, H5P_DEFAULT), copy->file->path, "writing an attribute");
    TRY_H5(H5Awrite(to, type, value), copy->file->path, "writing an attribute");
out:
    if (is_text) H5Dvlen_reclaim(type, space, H5P_DEFAULT, value);
    free(value);
    if (to >= 0) H5Aclose(to);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (from >= 0) H5Aclose(from);
    return err;
}

/* A table that was copied becomes one of the file's own: what it must hold is what the original holds. */
static popgx_err_t register_table(copy_t *copy, const char *path)
{
    popgx_err_t err = POPGX_OK;
    hid_t from = H5Dopen2(copy->from->id, path, H5P_DEFAULT), type = H5I_INVALID_HID, space = H5I_INVALID_HID;
    void *rows = NULL;
    dataset_t *table;

    TRY_H5(from, copy->from->path, "reading a table");
    TRY_H5(type = H5Dget_type(from), copy->from->path, "reading a table");
    TRY_H5(space = H5Dget_space(from), copy->from->path, "reading a table");
    if (H5Sget_simple_extent_ndims(space) != 1) TRY(FAIL(IO, "%s: %s is not a table", copy->from->path, path));
    const size_t n = (size_t)H5Sget_simple_extent_npoints(space);
    rows = calloc(n + 1, H5Tget_size(type));
    if (!rows) TRY(FAIL(NOMEM, "%s: out of memory", copy->from->path));
    if (n > 0) TRY_H5(H5Dread(from, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows), copy->from->path, "reading a table");
    TRY(h5_add_dataset(copy->file, path, type, &table));
    XXH3_128bits_update(table->hash, rows, n * table->row_bytes);
    table->rows = n;
out:
    free(rows);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (from >= 0) H5Dclose(from);
    return err;
}

static herr_t visit_object(hid_t object, const char *name, const H5O_info_t *info, void *context)
{
    copy_t *copy = context;
    char path[2048];

    (void)object;
    if (info->type != H5O_TYPE_DATASET) return 0;
    if (strcmp(name, ".") == 0) snprintf(path, sizeof path, "%s", copy->path);
    else snprintf(path, sizeof path, "%s/%s", copy->path, name);
    copy->err = register_table(copy, path);
    return copy->err ? -1 : 0;
}

static popgx_err_t copy_object(copy_t *copy, const char *name)
{
    popgx_err_t err = POPGX_OK;

    snprintf(copy->path, sizeof copy->path, "/%s", name);
    TRY_H5(H5Ocopy(copy->from->id, name, copy->file->id, name, H5P_DEFAULT, copy->file->links), copy->file->path, "copying");
    const herr_t code = H5Ovisit_by_name2(copy->from->id, name, H5_INDEX_NAME, H5_ITER_INC, visit_object, copy, H5O_INFO_BASIC, H5P_DEFAULT);
    TRY(copy->err);
    TRY_H5(code, copy->from->path, "reading");
out:
    return err;
}

static herr_t visit_attribute(hid_t root, const char *name, const H5A_info_t *info, void *context)
{
    copy_t *copy = context;

    (void)root;
    (void)info;
    copy->err = copy_attribute(copy, name);
    return copy->err ? -1 : 0;
}

static herr_t visit_link(hid_t root, const char *name, const H5L_info_t *info, void *context)
{
    copy_t *copy = context;

    (void)root;
    (void)info;
    for (const char *const *without = copy->without; *without; without++)
        if (strcmp(name, *without) == 0) return 0;
    copy->err = copy_object(copy, name);
    return copy->err ? -1 : 0;
}

popgx_err_t h5_copy_root(h5_file_t *file, const h5_reader_t *from, const char *const *without)
{
    popgx_err_t err = POPGX_OK;
    copy_t copy = {.file = file, .from = from, .without = without};
    hsize_t at = 0;
    herr_t code;

    code = H5Aiterate2(from->id, H5_INDEX_NAME, H5_ITER_INC, &at, visit_attribute, &copy);
    TRY(copy.err);
    TRY_H5(code, from->path, "reading attributes");
    at = 0;
    code = H5Literate(from->id, H5_INDEX_NAME, H5_ITER_INC, &at, visit_link, &copy);
    TRY(copy.err);
    TRY_H5(code, from->path, "reading");
out:
    return err;
}
