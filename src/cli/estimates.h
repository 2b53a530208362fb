/* What printers of results have in common: how fine figures are shown, and an estimate with its standard error beside it. */
#ifndef POPGX_CLI_ESTIMATES_H
#define POPGX_CLI_ESTIMATES_H

#include <jansson.h>
#include <stdio.h>

#include "cli/text_table.h"
#include "model/model.h"
#include "stats/results.h"

/* Cents are the finest that money shows; a millionth of a year is half a minute. */
enum { MONEY_DECIMALS = 2, HEALTH_DECIMALS = 6, EVENT_DECIMALS = 6 };

/** Prints `table` and frees it. */
void table_end(text_table_t *table, FILE *out);

/** Two columns: the figure, and its standard error in parentheses. */
void estimate_columns(text_table_t *table, const char *title);

/**
 * Fills them. What is NaN must not be shown. What is 0 without an error (nobody, never) is a plain 0.
 *
 * @param decimals  negative: no estimate of the column has an error that says how many (one person, or everybody the same)
 */
void estimate_put(text_table_t *table, estimate_t x, int decimals);

/** The same with the decimals of its own error, `most` if it has none. */
void estimate_put_own(text_table_t *table, estimate_t x, int most);

/** {"mean", "se"}; null for what must not be shown. */
json_t *estimate_json(estimate_t x);
#endif
