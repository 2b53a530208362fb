/* Cells of comma-separated tables, as every table that popgx writes has them. */
#ifndef POPGX_CLI_CSV_CELLS_H
#define POPGX_CLI_CSV_CELLS_H

#include <stdio.h>

/** In quotes if it has to be (RFC 4180). */
void csv_put_text(FILE *out, const char *text);

/** With 17 significant digits, so that it comes back as the same bits; nothing if x is NaN or infinite. */
void csv_put_number(FILE *out, double x);
#endif
