/* How many people some errors would take, as every run says: what `--until` would ask for. */
#ifndef POPGX_CLI_PRECISION_H
#define POPGX_CLI_PRECISION_H

#include <jansson.h>
#include <stdio.h>

#include "cli/until.h"

enum { PRECISION_STEPS = 3 };

typedef struct {
    const char *figure;         /* "nmb", or "qaly" or "cost" without a threshold or another strategy */
    double se;                  /* the largest standard error of it, of the differences from the first strategy */
    struct {
        double se;              /* a round number below */
        uint64_t patients;      /* that it takes */
    } steps[PRECISION_STEPS];
    uint64_t of_a_percent;      /* people for an error of 1 % of each difference; 0: more than 2^62 */
} precision_t;

/** False if there is no error to speak of. */
bool precision_find(const tally_t *tally, uint64_t patients, precision_t *out);

void precision_print(const precision_t *precision, FILE *out);
json_t *precision_json(const precision_t *precision);
#endif
