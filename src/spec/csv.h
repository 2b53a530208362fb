/*
 * A CSV table (RFC 4180: quotes, embedded commas and line breaks; LF or CRLF; a UTF-8 byte-order mark is skipped)
 * whose cells know where they stand. The first row names the columns.
 */
#ifndef POPGX_SPEC_CSV_H
#define POPGX_SPEC_CSV_H

#include <stddef.h>

#include "core/err.h"
#include "spec/diag.h"

typedef struct {
    const char *text;       /* NUL-terminated; blanks at both ends removed unless quoted */
    place_t place;
} csv_cell_t;

typedef struct {
    const char *file;
    size_t n_columns, n_rows;       /* rows without the header */
    const csv_cell_t *header;       /* [n_columns] */
    const csv_cell_t *cells;        /* [n_rows][n_columns], row-major */
    void *memory;                   /* owner of all of it */
} csv_table_t;

/** Parses `bytes`. A row with too many or too few cells, an unclosed quote, a repeated column name, no header: diagnostics, and POPGX_E_INPUT. */
MUST_USE popgx_err_t csv_parse(const char *file, const char *bytes, size_t n_bytes, diagnostics_t *diag, csv_table_t *out);
void csv_release(csv_table_t *table);

/** Index of the column, or -1. */
int csv_column(const csv_table_t *table, const char *name);

static inline const csv_cell_t *csv_cell(const csv_table_t *table, size_t row, int column)
{
    return &table->cells[row * table->n_columns + (size_t)column];
}
#endif
