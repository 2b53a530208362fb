/* What a run kept because it was asked for (settings.report), for people and for machines. */
#ifndef POPGX_CLI_REPORT_PRINT_H
#define POPGX_CLI_REPORT_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "stats/tally.h"

/** Tables; nothing if nothing was asked for, or if people from a file are protected (stats/disclosure.h). */
void report_print_text(const tally_t *tally, int32_t reference, FILE *out);

/** A list of rows (stats/tidy.h), each with the columns that say something; null if nothing was asked for, or if people from a file are protected. */
json_t *report_json(const tally_t *tally, int32_t reference);

/** Everything that the tally holds, as the long table of stats/tidy.h. @retval POPGX_E_IO  it could not be written */
MUST_USE popgx_err_t report_print_csv(const tally_t *tally, int32_t reference, FILE *out);
#endif
