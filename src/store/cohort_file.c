/*
 * HDF5 tables for model files. Whatever the file holds is turned into the texts that a CSV file would have, so that the rest of
 * popgx knows one kind of table. The file is read from memory: what is compiled is what is stored with the run.
 */
#include "store/cohort_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/utf8.h"
#include "store/h5.h"

/* What is read, and what became of it so far. */
typedef struct {
    const char *file;           /* in messages; lives as long as the table */
    arena_t *arena;
    diagnostics_t *diag;
    csv_table_t *table;
    csv_cell_t *header;         /* [n_columns] */
    csv_cell_t **columns;       /* [n_columns][n_rows] */
    size_t n_columns;
    hsize_t n_rows;
    bool is_started;            /* n_rows is known */
} reading_t;

static place_t place_of(const reading_t *reading, size_t row, size_t column)
{
    return (place_t){.file = reading->file, .line = (int)row + 1, .column = (int)column + 1};
}

static popgx_err_t mistake(reading_t *reading, const char *right, const char *what, const char *name)
{
    diag_error(reading->diag, (place_t){.file = reading->file}, right, "%s: `%s`", what, name);
    return FAIL(INPUT, "%s has mistakes", reading->file);
}

/* ---- cells ---- */

/* How cells are read from the file: as what, and what they look like in memory. */
typedef struct {
    hid_t type;                 /* in memory */
    H5T_class_t class;
    bool is_variable;           /* texts of variable length */
    bool is_signed;
    size_t bytes;
} cell_type_t;

static popgx_err_t find_type(reading_t *reading, const char *name, hid_t in_file, cell_type_t *out)
{
    popgx_err_t err = POPGX_OK;

    *out = (cell_type_t){.type = H5I_INVALID_HID, .class = H5Tget_class(in_file)};
    switch (out->class) {
    case H5T_INTEGER:
        out->is_signed = H5Tget_sign(in_file) != H5T_SGN_NONE;
        out->type = H5Tcopy(out->is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64);
        break;
    case H5T_FLOAT: out->type = H5Tcopy(H5T_NATIVE_DOUBLE); break;
    case H5T_ENUM: out->type = H5Tget_native_type(in_file, H5T_DIR_ASCEND); break;
    case H5T_STRING:
        out->is_variable = H5Tis_variable_str(in_file) > 0;
        out->type = H5Tcopy(in_file);
        break;
    default: return mistake(reading, "let it hold numbers or texts", "a column of another kind", name);
    }
    TRY_H5(out->type, reading->file, "reading a type");
    out->bytes = H5Tget_size(out->type);
out:
    return err;
}

static const char *text_of_number(reading_t *reading, double value)
{
    char text[32];
    if (isnan(value)) return "";
    return arena_text(reading->arena, text, (size_t)snprintf(text, sizeof text, "%.17g", value));
}

/* FALSE and TRUE, as h5py writes booleans, become false and true; any other name stays. */
static const char *text_of_enum(reading_t *reading, hid_t type, const void *cell)
{
    char name[256];
    if (H5Tenum_nameof(type, cell, name, sizeof name) < 0) return "";
    if (!strcmp(name, "FALSE")) return "false";
    if (!strcmp(name, "TRUE")) return "true";
    return arena_text(reading->arena, name, strlen(name));
}

/* A text without the padding of one of fixed length. */
static const char *text_of_bytes(reading_t *reading, const char *bytes, size_t most)
{
    size_t n = strnlen(bytes, most);
    while (n && bytes[n - 1] == ' ') n--;
    return utf8_check(bytes, n) == n ? arena_text(reading->arena, bytes, n) : NULL;
}

static const char *text_of_cell(reading_t *reading, const cell_type_t *type, const unsigned char *cell)
{
    char text[32];
    double number;
    int64_t whole;
    const char *bytes;

    switch (type->class) {
    case H5T_INTEGER:
        memcpy(&whole, cell, sizeof whole);
        return arena_text(reading->arena, text,
                          (size_t)(type->is_signed ? snprintf(text, sizeof text, "%lld", (long long)whole)
                                                   : snprintf(text, sizeof text, "%llu", (unsigned long long)(uint64_t)whole)));
    case H5T_FLOAT: memcpy(&number, cell, sizeof number); return text_of_number(reading, number);
    case H5T_ENUM: return text_of_enum(reading, type->type, cell);
    default:
        if (!type->is_variable) return text_of_bytes(reading, (const char *)cell, type->bytes);
        memcpy(&bytes, cell, sizeof bytes);
        return bytes ? text_of_bytes(reading, bytes, strlen(bytes)) : "";
    }
}

/* ---- columns ---- */

/* The rows of a dataset of one dimension; the same for all of a table. */
static popgx_err_t take_rows(reading_t *reading, hid_t dataset, const char *name, hid_t *space)
{
    popgx_err_t err = POPGX_OK;
    hsize_t rows = 0;

    TRY_H5(*space = H5Dget_space(dataset), reading->file, "reading");
    if (H5Sget_simple_extent_ndims(*space) != 1) TRY(mistake(reading, "let every column be a list", "a dataset that is not a list of cells", name));
    TRY_H5(H5Sget_simple_extent_dims(*space, &rows, NULL), reading->file, "reading");
    if (reading->is_started && rows != reading->n_rows) TRY(mistake(reading, "give every column the same number of rows", "a column of another length than the others", name));
    if (rows > INT32_MAX) TRY(mistake(reading, "draw a sample of it", "a column of too many rows", name));
    reading->n_rows = rows;
    reading->is_started = true;
out:
    return err;
}

/* Adds a column; `type` is a member of the dataset's if that is compound, else its own. `space` is the dataset's. */
static popgx_err_t add_column(reading_t *reading, hid_t dataset, hid_t space, const char *name, hid_t type_in_file, bool is_member)
{
    popgx_err_t err = POPGX_OK;
    const size_t column = reading->n_columns, rows = (size_t)reading->n_rows;
    cell_type_t type = {.type = H5I_INVALID_HID};
    hid_t in_memory = H5I_INVALID_HID;
    unsigned char *cells = NULL;

    TRY(find_type(reading, name, type_in_file, &type));
    cells = memory_resize(NULL, rows + 1, type.bytes);
    memset(cells, 0, (rows + 1) * type.bytes);
    if (is_member) {
        TRY_H5(in_memory = H5Tcreate(H5T_COMPOUND, type.bytes), reading->file, "reading");
        TRY_H5(H5Tinsert(in_memory, name, 0, type.type), reading->file, "reading");
    } else {
        TRY_H5(in_memory = H5Tcopy(type.type), reading->file, "reading");
    }
    TRY_H5(H5Dread(dataset, in_memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, cells), reading->file, "reading");
    csv_cell_t *texts = arena_take(reading->arena, rows, sizeof *texts);
    for (size_t r = 0; r < rows; r++) {
        texts[r] = (csv_cell_t){text_of_cell(reading, &type, cells + r * type.bytes), place_of(reading, r, column)};
        if (texts[r].text) continue;
        diag_error(reading->diag, texts[r].place, "store texts as UTF-8", "`%s` of row %zu is no text", name, r + 1);
        TRY(FAIL(INPUT, "%s has mistakes", reading->file));
    }
    reading->header = memory_resize(reading->header, column + 1, sizeof *reading->header);
    reading->columns = memory_resize(reading->columns, column + 1, sizeof *reading->columns);
    reading->header[column] = (csv_cell_t){arena_text(reading->arena, name, strlen(name)), (place_t){.file = reading->file}};
    reading->columns[column] = texts;
    reading->n_columns++;
out:
    if (cells && type.is_variable) H5Dvlen_reclaim(in_memory, space, H5P_DEFAULT, cells); /* what HDF5 has allocated, texts or none */
    if (in_memory >= 0) H5Tclose(in_memory);
    if (type.type >= 0) H5Tclose(type.type);
    free(cells);
    return err;
}

/* A dataset: a column, or the columns that its members are. */
static popgx_err_t add_dataset(reading_t *reading, hid_t dataset, const char *name)
{
    popgx_err_t err = POPGX_OK;
    hid_t space = H5I_INVALID_HID, type = H5I_INVALID_HID;

    TRY(take_rows(reading, dataset, name, &space));
    TRY_H5(type = H5Dget_type(dataset), reading->file, "reading");
    if (H5Tget_class(type) != H5T_COMPOUND) {
        TRY(add_column(reading, dataset, space, name, type, false));
        goto out;
    }
    for (int i = 0, n = H5Tget_nmembers(type); i < n && !err; i++) {
        char *member = H5Tget_member_name(type, (unsigned)i);
        hid_t its = H5Tget_member_type(type, (unsigned)i);
        if (member && its >= 0) err = add_column(reading, dataset, space, member, its, true);
        else err = h5_failed(reading->file, "reading");
        if (its >= 0) H5Tclose(its);
        H5free_memory(member);
    }
out:
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    return err;
}

/* The datasets of a group, by name; groups within it are not looked at. */
static popgx_err_t add_group(reading_t *reading, hid_t group)
{
    popgx_err_t err = POPGX_OK;
    H5G_info_t info;

    TRY_H5(H5Gget_info(group, &info), reading->file, "reading");
    for (hsize_t i = 0; i < info.nlinks && !err; i++) {
        char name[1024];
        ssize_t n = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        hid_t object = n > 0 && (size_t)n < sizeof name ? H5Oopen(group, name, H5P_DEFAULT) : H5I_INVALID_HID;
        if (object >= 0 && H5Iget_type(object) == H5I_DATASET) err = add_dataset(reading, object, name);
        if (object >= 0) H5Oclose(object);
    }
out:
    return err;
}

static popgx_err_t add_object(reading_t *reading, hid_t file, const char *object)
{
    popgx_err_t err = POPGX_OK;
    hid_t id = H5Oopen(file, object ? object : "/", H5P_DEFAULT);

    if (id < 0) return mistake(reading, "name a group, or a dataset, of the file", "there is no such object", object ? object : "/");
    err = H5Iget_type(id) == H5I_DATASET ? add_dataset(reading, id, object ? object : "/") : add_group(reading, id);
    H5Oclose(id);
    if (!err && reading->n_columns == 0) err = mistake(reading, "name the group, or the dataset, that holds the table", "there are no columns in", object ? object : "/");
    return err;
}

/* Columns side by side become rows. */
static void lay_rows(reading_t *reading)
{
    csv_table_t *table = reading->table;
    csv_cell_t *cells = arena_take(reading->arena, (size_t)(reading->n_rows + 1) * reading->n_columns, sizeof *cells);

    table->n_columns = reading->n_columns;
    table->n_rows = (size_t)reading->n_rows;
    table->header = memcpy(cells, reading->header, reading->n_columns * sizeof *cells);
    table->cells = cells += reading->n_columns;
    for (size_t r = 0; r < table->n_rows; r++)
        for (size_t k = 0; k < table->n_columns; k++) *cells++ = reading->columns[k][r];
}

static popgx_err_t open_image(reading_t *reading, const char *bytes, size_t n_bytes, hid_t *file)
{
    popgx_err_t err = POPGX_OK;
    hid_t properties = H5I_INVALID_HID;

    TRY_H5(properties = H5Pcreate(H5P_FILE_ACCESS), reading->file, "preparing");
    TRY_H5(H5Pset_fclose_degree(properties, H5F_CLOSE_STRONG), reading->file, "preparing");
    TRY_H5(H5Pset_fapl_core(properties, (size_t)1 << 16, false), reading->file, "preparing");
    TRY_H5(H5Pset_file_image(properties, (void *)(uintptr_t)bytes, n_bytes), reading->file, "preparing");
    *file = H5Fopen("table of a model", H5F_ACC_RDONLY, properties);
    if (*file < 0) {
        diag_error(reading->diag, (place_t){.file = reading->file}, "write it anew", "the HDF5 file is damaged");
        TRY(FAIL(INPUT, "%s has mistakes", reading->file));
    }
out:
    if (properties >= 0) H5Pclose(properties);
    return err;
}

popgx_err_t cohort_file_read(const char *file, const char *object, const char *bytes, size_t n_bytes, diagnostics_t *diag, csv_table_t *out)
{
    popgx_err_t err = POPGX_OK;
    hid_t id = H5I_INVALID_HID;
    const size_t before = diag_errors(diag);
    reading_t reading = {.arena = arena_new(), .diag = diag, .table = out};

    h5_start();
    *out = (csv_table_t){.memory = reading.arena};
    out->file = reading.file = arena_text(reading.arena, file, strlen(file));
    TRY(open_image(&reading, bytes, n_bytes, &id));
    TRY(add_object(&reading, id, object));
    lay_rows(&reading);
out:
    if (id >= 0) H5Fclose(id);
    free(reading.header);
    free(reading.columns);
    if (err && diag_errors(diag) == before) diag_error(diag, (place_t){.file = reading.file}, "write it anew", "the HDF5 file cannot be read (%s)", popgx_err_detail());
    if (err) csv_release(out);
    return err;
}
