/* Expected values (expected/expected.h) on standard output: as tables, or as JSON in the manner of a run's results. */
#ifndef POPGX_CLI_EXPECTED_PRINT_H
#define POPGX_CLI_EXPECTED_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "expected/expected.h"

/** The object of docs/expected-values.md. @return NULL if there is no memory */
json_t *expected_json(const expected_t *e, const char *model_path, double seconds);

void expected_print_text(const expected_t *e, FILE *out);
#endif
