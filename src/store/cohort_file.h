/* Tables in HDF5 files for model files, such as cohorts with one row a person. */
#ifndef POPGX_STORE_COHORT_FILE_H
#define POPGX_STORE_COHORT_FILE_H

#include "spec/csv.h"

/**
 * Reads a table of an HDF5 file into cells, as if it were a CSV file: the datasets of a group (each a column; `object` NULL: the root), or the
 * members of a compound dataset (`object` NULL: the only one of the root). Columns hold numbers, booleans, enumerations or texts in one dimension; a
 * NaN is an empty cell. The line of a cell is its row, from 1.
 *
 * @param file         in messages
 * @param bytes        [n_bytes] of the whole file
 * @param[out] out     after a mistake: empty; else csv_release it
 * @retval POPGX_E_INPUT  `diag` says why
 */
MUST_USE popgx_err_t cohort_file_read(const char *file, const char *object, const char *bytes, size_t n_bytes, diagnostics_t *diag, csv_table_t *out);
#endif
