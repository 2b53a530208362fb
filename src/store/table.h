/*
 * Small tables of named columns, filled cell by cell and written as one dataset of records: results, lists of names.
 */
#ifndef POPGX_STORE_TABLE_H
#define POPGX_STORE_TABLE_H

#include "core/exact.h"
#include "store/h5.h"

typedef enum { FIELD_TEXT, FIELD_COPY /* a text that the table keeps */, FIELD_REAL, FIELD_INTEGER, FIELD_COUNT /* unsigned */ } field_kind_t;

typedef struct {
    const char *name;
    field_kind_t kind;
    const char *description;
} table_field_t;

typedef struct table table_t; /* owner; lack of memory is remembered and reported by table_finish */

/** @param fields  ended by one whose name is NULL; borrowed until the table is freed */
table_t *table_new(const table_field_t *fields);

/* The next cell of the row in hand; a row is full when all its fields were put, in their order. A text of FIELD_TEXT is borrowed until
 * table_finish, one of FIELD_COPY is not. */
void table_text(table_t *table, const char *text);
void table_copy(table_t *table, const char *text);
void table_real(table_t *table, double value);
void table_integer(table_t *table, int64_t value);
void table_count(table_t *table, uint64_t value);
/** Two cells, `sum_high` and `sum_low`: sum = sum_high * 2^64 + sum_low. */
void table_sum(table_t *table, exact_sum_t sum);

/** Fields that table_sum fills. */
#define TABLE_SUM_FIELDS \
    {"sum_high", FIELD_INTEGER, "high half of the exact integer sum: sum = sum_high * 2^64 + sum_low"}, \
    {"sum_low", FIELD_COUNT, "low half of the exact integer sum"}

/** Writes the dataset, with an attribute `columns` that describes the fields, and frees the table, also on failure. */
MUST_USE popgx_err_t table_finish(table_t *table, h5_file_t *file, const char *path, const char *unit, const char *description);
#endif
