/* Quotes, and the one format of numbers. The caller writes commas and line ends. */
#include "cli/csv_cells.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

void csv_put_text(FILE *out, const char *text)
{
    const bool is_quoted = strpbrk(text, ",\"\r\n") != NULL;

    if (is_quoted) fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    if (is_quoted) fputc('"', out);
}

void csv_put_number(FILE *out, double x)
{
    if (isfinite(x)) fprintf(out, "%.17g", x);
}
