/* Reads a run's file for `popgx show`: the root's attributes, the result tables, and a list of everything that is in it. */
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/describe.h"
#include "store/h5_read.h"
#include "store/layout.h"
#include "store/seal.h"

/* ---- values ---- */

static json_t *json_of_text(const char *text, size_t most) { return json_stringn_nocheck(text, strnlen(text, most)); }

/* A number or text of `type` at `bytes`; NULL if it is neither. JSON has no NaN: null. */
static json_t *json_of_value(hid_t type, const unsigned char *bytes)
{
    size_t size = H5Tget_size(type);
    double real;
    uint64_t count;

    switch (H5Tget_class(type)) {
    case H5T_STRING: return json_of_text((const char *)bytes, size);
    case H5T_FLOAT:
        memcpy(&real, bytes, sizeof real);
        return isfinite(real) ? json_real(real) : json_null();
    case H5T_INTEGER:
        if (size != sizeof count) return NULL;
        memcpy(&count, bytes, sizeof count);
        /* JSON's readers know no integers beyond 63 bits: a seed that large is a text. */
        return H5Tget_sign(type) == H5T_SGN_NONE && count > INT64_MAX ? json_sprintf("%llu", (unsigned long long)count)
                                                                      : json_integer((json_int_t)count);
    default: return NULL;
    }
}

static json_t *json_of_attribute(hid_t attribute)
{
    hid_t type = H5Aget_type(attribute);
    unsigned char bytes[16];
    char *text = NULL;
    json_t *value = NULL;

    if (type >= 0 && H5Tis_variable_str(type) > 0) {
        if (H5Aread(attribute, type, &text) >= 0 && text) value = json_of_text(text, strlen(text));
        H5free_memory(text);
    } else if (type >= 0 && H5Tget_size(type) <= sizeof bytes && H5Aread(attribute, type, bytes) >= 0) {
        value = json_of_value(type, bytes);
    }
    if (type >= 0) H5Tclose(type);
    return value;
}

/* ---- attributes of the root, and of datasets ---- */

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t space = attribute >= 0 ? H5Aget_space(attribute) : H5I_INVALID_HID;

    (void)info;
    if (space >= 0 && H5Sget_simple_extent_type(space) == H5S_SCALAR) {
        json_t *value = json_of_attribute(attribute);
        if (value) json_object_set_new(context, name, value);
    }
    if (space >= 0) H5Sclose(space);
    if (attribute >= 0) H5Aclose(attribute);
    return attribute >= 0 ? 0 : -1;
}

/* ---- tables ---- */

/* The halves of exact sums are no figures to look at: they stay in the file. */
static bool is_shown(const char *column) { return strncmp(column, "sum_", 4) != 0; }

static json_t *json_of_row(hid_t type, const unsigned char *row)
{
    json_t *object = json_object();

    for (unsigned f = 0; f < (unsigned)H5Tget_nmembers(type); f++) {
        char *name = H5Tget_member_name(type, f);
        hid_t member = H5Tget_member_type(type, f);
        if (name && member >= 0 && is_shown(name)) {
            json_t *value = json_of_value(member, row + H5Tget_member_offset(type, f));
            if (value) json_object_set_new(object, name, value);
        }
        if (member >= 0) H5Tclose(member);
        H5free_memory(name);
    }
    return object;
}

static popgx_err_t json_of_table(const char *path, hid_t dataset, hid_t type, size_t n, json_t **out)
{
    popgx_err_t err = POPGX_OK;
    size_t size = H5Tget_size(type);
    unsigned char *rows = calloc(n + 1, size);
    json_t *array = json_array();

    if (!rows || !array) TRY(FAIL(NOMEM, "%s: out of memory", path));
    if (n > 0) TRY_H5(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows), path, "reading a table");
    for (size_t i = 0; i < n; i++) json_array_append_new(array, json_of_row(type, rows + i * size));
    *out = array;
    array = NULL;
out:
    json_decref(array);
    free(rows);
    return err;
}

/* ---- everything in the file ---- */

typedef struct {
    const char *path;
    json_t *results, *datasets;
    popgx_err_t err;
} walk_t;

static json_t *json_of_shape(hid_t dataset, hsize_t *rows)
{
    hsize_t size[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(dataset);
    int dimensions = space >= 0 ? H5Sget_simple_extent_dims(space, size, NULL) : 0;
    json_t *shape = json_array();

    for (int d = 0; d < dimensions; d++) json_array_append_new(shape, json_integer((json_int_t)size[d]));
    if (space >= 0) H5Sclose(space);
    *rows = size[0];
    return shape;
}

static popgx_err_t add_dataset(walk_t *walk, const char *name, hid_t dataset)
{
    popgx_err_t err = POPGX_OK;
    hid_t type = H5Dget_type(dataset);
    json_t *entry = json_object(), *table = NULL;
    hsize_t rows, at = 0;
    char full[1024];

    snprintf(full, sizeof full, "/%s", name);
    json_object_set_new(entry, "path", json_string_nocheck(full));
    json_object_set_new(entry, "shape", json_of_shape(dataset, &rows));
    TRY_H5(H5Aiterate2(dataset, H5_INDEX_NAME, H5_ITER_INC, &at, add_attribute, entry), walk->path, "reading attributes");
    TRY_H5(type, walk->path, "reading");
    if (strncmp(name, "results/", 8) == 0 && strcmp(name, "results/sums") != 0 && H5Tget_class(type) == H5T_COMPOUND) {
        TRY(json_of_table(walk->path, dataset, type, (size_t)rows, &table));
        json_object_set_new(walk->results, name + 8, table);
    }
    json_array_append(walk->datasets, entry);
out:
    json_decref(entry);
    if (type >= 0) H5Tclose(type);
    return err;
}

static herr_t visit(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
    walk_t *walk = context;

    if (info->type != H5O_TYPE_DATASET) return 0;
    hid_t dataset = H5Dopen2(root, name, H5P_DEFAULT);
    walk->err = dataset >= 0 ? add_dataset(walk, name, dataset) : h5_failed(walk->path, "opening a dataset");
    if (dataset >= 0) H5Dclose(dataset);
    return walk->err ? -1 : 0;
}

static popgx_err_t check_format(const char *path, json_t *run)
{
    const char *format = json_string_value(json_object_get(run, "format"));
    json_int_t version = json_integer_value(json_object_get(run, "format_version"));

    if (!format || (strcmp(format, LAYOUT_FORMAT) != 0 && strcmp(format, LAYOUT_PART_FORMAT) != 0)) return FAIL(INPUT, "%s: is an HDF5 file, but not a run of popgx", path);
    if (version > LAYOUT_VERSION)
        return FAIL(INPUT, "%s: has version %lld of the format; this popgx knows versions up to %d", path, (long long)version,
                    LAYOUT_VERSION);
    return POPGX_OK;
}

/* What is wrong with the name, apart from what is wrong in the file. */
static popgx_err_t check_file(const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0 && access(path, R_OK) == 0 && !S_ISREG(status.st_mode)) return FAIL(INPUT, "%s: is not a plain file", path);
    return h5_check(path);
}

static popgx_err_t describe_complete(const char *path, json_t *root)
{
    popgx_err_t err = POPGX_OK;
    h5_reader_t file = {.id = H5I_INVALID_HID};
    hsize_t at = 0;
    seal_t seal;
    json_t *run = json_object();
    walk_t walk = {.path = path, .results = json_object(), .datasets = json_array()};

    json_object_set_new(root, "run", run);
    json_object_set_new(root, "results", walk.results);
    json_object_set_new(root, "datasets", walk.datasets);
    TRY(check_file(path));
    TRY(seal_check(path, SEAL_SMALL_BYTES, &seal));
    TRY(h5_open(path, &file));
    TRY_H5(H5Aiterate2(file.id, H5_INDEX_NAME, H5_ITER_INC, &at, add_attribute, run), path, "reading attributes");
    TRY(h5_intact(&file));
    TRY(check_format(path, run));
    herr_t code = H5Ovisit2(file.id, H5_INDEX_NAME, H5_ITER_INC, visit, &walk, H5O_INFO_BASIC);
    TRY(walk.err);
    TRY_H5(code, path, "reading");
    TRY(h5_intact(&file));
out:
    h5_close(&file);
    return err;
}

popgx_err_t store_describe(const char *path, char **json)
{
    popgx_err_t err = POPGX_OK;
    json_t *root = NULL, *unfinished = NULL;
    struct stat status;
    const bool is_there = stat(path, &status) == 0, is_unfinished = describe_is_unfinished(path);

    if (is_unfinished) TRY(describe_unfinished(path, &unfinished));
    if (is_there || !is_unfinished) {
        root = json_object();
        TRY(describe_complete(path, root));
        if (unfinished) json_object_set(root, "unfinished", unfinished);
    }
    *json = json_dumps(root ? root : unfinished, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    if (!*json) TRY(FAIL(NOMEM, "%s: out of memory", path));
out:
    json_decref(root);
    json_decref(unfinished);
    return err;
}
