/* Collects cells, then packs them into records whose texts are as wide as the longest one. */
#include "store/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef union {
    const char *text;
    double real;
    int64_t integer;
    uint64_t count;
} cell_t;

struct table {
    const table_field_t *fields;
    size_t n_fields;
    cell_t *cells;
    size_t n_cells, capacity;
    bool is_full;
};

table_t *table_new(const table_field_t *fields)
{
    table_t *table = calloc(1, sizeof *table);

    if (!table) return NULL;
    table->fields = fields;
    while (fields[table->n_fields].name) table->n_fields++;
    return table;
}

static bool is_text(const table_field_t *field) { return field->kind == FIELD_TEXT || field->kind == FIELD_COPY; }

static void put(table_t *table, field_kind_t kind, cell_t cell)
{
    if (!table || table->is_full) return; /* after a cell that was lost no kind would fit */
    const table_field_t *field = &table->fields[table->n_cells % table->n_fields];
    INVARIANT(field->kind == kind, "a wrong kind of value for column %s", field->name);
    if (table->n_cells == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : 256;
        cell_t *grown = realloc(table->cells, capacity * sizeof *grown);
        table->is_full = table->is_full || !grown;
        if (!grown) return;
        table->cells = grown;
        table->capacity = capacity;
    }
    if (kind == FIELD_COPY) {
        cell.text = strdup(cell.text);
        table->is_full = !cell.text;
        if (table->is_full) return;
    }
    table->cells[table->n_cells++] = cell;
}

void table_text(table_t *table, const char *text) { put(table, FIELD_TEXT, (cell_t){.text = text}); }
void table_copy(table_t *table, const char *text) { put(table, FIELD_COPY, (cell_t){.text = text}); }
void table_real(table_t *table, double value) { put(table, FIELD_REAL, (cell_t){.real = value}); }
void table_integer(table_t *table, int64_t value) { put(table, FIELD_INTEGER, (cell_t){.integer = value}); }
void table_count(table_t *table, uint64_t value) { put(table, FIELD_COUNT, (cell_t){.count = value}); }

void table_sum(table_t *table, exact_sum_t sum)
{
    put(table, FIELD_INTEGER, (cell_t){.integer = (int64_t)(sum >> 64)});
    put(table, FIELD_COUNT, (cell_t){.count = (uint64_t)sum});
}

static size_t longest_text(const table_t *table, size_t field)
{
    size_t longest = 0;

    for (size_t i = field; i < table->n_cells; i += table->n_fields) {
        size_t length = strlen(table->cells[i].text);
        if (length > longest) longest = length;
    }
    return longest;
}

/* width[f] is the bytes of field f. */
static popgx_err_t make_type(const table_t *table, const char *path, size_t *width, hid_t *out)
{
    popgx_err_t err = POPGX_OK;
    hid_t text = H5I_INVALID_HID;
    size_t at = 0;

    for (size_t f = 0; f < table->n_fields; f++) {
        width[f] = is_text(&table->fields[f]) ? longest_text(table, f) + 1 : 8;
        at += width[f];
    }
    TRY_H5(*out = H5Tcreate(H5T_COMPOUND, at), path, "making a table");
    at = 0;
    for (size_t f = 0; f < table->n_fields; f++) {
        const table_field_t *field = &table->fields[f];
        hid_t type = field->kind == FIELD_REAL    ? H5T_NATIVE_DOUBLE
                     : field->kind == FIELD_COUNT ? H5T_NATIVE_UINT64
                                                  : H5T_NATIVE_INT64;
        if (is_text(field)) {
            TRY_H5(type = text = H5Tcopy(H5T_C_S1), path, "making a table");
            TRY_H5(H5Tset_size(text, width[f]), path, "making a table");
            TRY_H5(H5Tset_cset(text, H5T_CSET_UTF8), path, "making a table");
        }
        TRY_H5(H5Tinsert(*out, field->name, at, type), path, "making a table");
        if (text >= 0) H5Tclose(text);
        text = H5I_INVALID_HID;
        at += width[f];
    }
out:
    if (text >= 0) H5Tclose(text);
    return err;
}

static void pack(const table_t *table, const size_t *width, unsigned char *rows)
{
    for (size_t i = 0; i < table->n_cells; i++) {
        size_t f = i % table->n_fields;
        const cell_t *cell = &table->cells[i];
        if (is_text(&table->fields[f])) memcpy(rows, cell->text, strlen(cell->text));
        else memcpy(rows, cell, width[f]);
        rows += width[f];
    }
}

static popgx_err_t describe_columns(const table_t *table, h5_file_t *file, const char *path)
{
    const char **texts = malloc(table->n_fields * sizeof *texts);
    popgx_err_t err;

    if (!texts) return FAIL(NOMEM, "%s: out of memory", path);
    for (size_t f = 0; f < table->n_fields; f++) texts[f] = table->fields[f].description;
    err = h5_texts(file, path, "columns", texts, table->n_fields);
    free(texts);
    return err;
}

static popgx_err_t write_table(const table_t *table, h5_file_t *file, const char *path, const char *unit, const char *description)
{
    popgx_err_t err = POPGX_OK;
    hid_t type = H5I_INVALID_HID;
    size_t *width = NULL;
    unsigned char *rows = NULL;

    if (!table || table->is_full) return FAIL(NOMEM, "%s: out of memory", path);
    INVARIANT(table->n_cells % table->n_fields == 0, "%s: the last row is not full", path);
    size_t n = table->n_cells / table->n_fields;
    width = malloc(table->n_fields * sizeof *width);
    if (!width) TRY(FAIL(NOMEM, "%s: out of memory", path));
    TRY(make_type(table, path, width, &type));
    rows = calloc(n + 1, H5Tget_size(type)); /* zeroed: texts are padded with NUL */
    if (!rows) TRY(FAIL(NOMEM, "%s: out of memory", path));
    pack(table, width, rows);
    TRY(h5_table(file, path, type, rows, n, unit, description));
    TRY(describe_columns(table, file, path));
out:
    if (type >= 0) H5Tclose(type);
    free(rows);
    free(width);
    return err;
}

static void release(table_t *table)
{
    if (!table) return;
    for (size_t i = 0; i < table->n_cells; i++)
        if (table->fields[i % table->n_fields].kind == FIELD_COPY) free((void *)(uintptr_t)table->cells[i].text);
    free(table->cells);
    free(table);
}

popgx_err_t table_finish(table_t *table, h5_file_t *file, const char *path, const char *unit, const char *description)
{
    popgx_err_t err = write_table(table, file, path, unit, description);

    release(table);
    return err;
}
