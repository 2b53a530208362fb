/*
 * Numbers by levels of slots and by time: the cells of transition tables. A dimension is a slot, or one of the times that a
 * cycle knows (model_time_kind_t) with a range of whole numbers; beyond its range the number at the end holds.
 */
#ifndef POPGX_SPEC_COMPILE_GRIDS_H
#define POPGX_SPEC_COMPILE_GRIDS_H

#include "spec/compile_events.h"

enum { DIMENSION_SLOT = -1, GRID_MOST = 8, GRID_MOST_ROWS = 4000000 };

typedef struct {
    int32_t kind;               /* DIMENSION_SLOT or model_time_kind_t */
    int32_t slot;               /* SLOT: whose levels; TIME_IN_STATE: the process */
    int32_t first, count;       /* of its values; levels begin at 0 */
} dimension_t;

typedef struct {
    dimension_t dimension[GRID_MOST]; /* the last is the fastest */
    size_t n;
} dimensions_t;

typedef struct {
    dimensions_t by;
    double *value;              /* [dimensions_rows] */
} grid_values_t;

/** Adds a dimension; of one that is there already the range is widened. Reports too many at `place`. */
bool dimensions_add(compiler_t *c, dimensions_t *by, dimension_t dimension, place_t place);
size_t dimensions_rows(const dimensions_t *by);
/** The values of the dimensions in a row. */
void dimensions_values(const dimensions_t *by, size_t row, int32_t *values);
/** The number of `grid` where the dimensions of `by`, which include its own, have these values. */
double grid_value(const grid_values_t *grid, const dimensions_t *by, const int32_t *values);
/** "agent ticagrelor, cycle 3": borrowed from the diagnostics. */
const char *dimensions_words(compiler_t *c, const dimensions_t *by, const int32_t *values);

/** What the names in `by` mean for transitions of `process`; `by` NULL: nothing. Ranges of time are empty until values are seen. */
bool grid_names(compiler_t *c, const process_t *process, const yaml_node_t *by, dimensions_t *out);
const char *dimension_name(const compiler_t *c, const dimension_t *dimension);
/** Widens the ranges of time by what the columns of a table hold. */
bool grid_table_ranges(compiler_t *c, const csv_table_t *csv, dimensions_t *by);
/** The row that line `i` of the table is about; false after reporting. */
bool grid_table_row(compiler_t *c, const csv_table_t *csv, size_t i, const dimensions_t *by, size_t *row);
/** Reports the first row [dimensions_rows] that `where` does not give. */
bool grid_all_given(compiler_t *c, const dimensions_t *by, const bool *is_given, const char *where, place_t place);

/**
 * A value that may depend on slots and time: VALUE; {by: ..., LEVEL: VALUE, 3: VALUE, "4 to 6": VALUE, otherwise: VALUE}, nested for
 * several names; {by: [...], table: FILE.csv, column: NAME, unit: per year}.
 */
bool grid_parse(compiler_t *c, const process_t *process, const yaml_node_t *node, value_kind_t kind, grid_values_t *out);
#endif
