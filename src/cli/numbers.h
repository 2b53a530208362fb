/* Numbers as people write and read them: 10M on the command line, 12,345.60 in a table. */
#ifndef POPGX_CLI_NUMBERS_H
#define POPGX_CLI_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * A whole number as people write it: 250000, 250_000, 250k, 2.5e5, 1M, 8G. Exact; false if it is anything else,
 * not whole, or beyond 64 bits.
 */
bool number_parse(const char *text, uint64_t *out);

/** A finite number and nothing else: 0.25, -3, 1e-4. False if `text` is anything else. */
bool number_parse_real(const char *text, double *out);

typedef struct {
    char text[48];
} number_text_t;

/** x with `decimals` decimals and commas between thousands: -12,345.60. "n/a" for NaN, "inf" and "-inf". */
number_text_t number_grouped(double x, int decimals);

/** A count with commas between thousands. */
number_text_t number_count(uint64_t n);

/** Decimals that show two significant digits of the standard error `se`, between 0 and `most`; `most` if se is 0. */
int number_decimals(double se, int most);

/** A size in bytes with a binary unit: 1.5 MiB. */
number_text_t number_bytes(uint64_t bytes);
#endif
