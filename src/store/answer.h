/*
 * The answer of a stored run, for those who go on reckoning with it: its model, its exact sums, and the draws of a probabilistic
 * analysis.
 */
#ifndef POPGX_STORE_ANSWER_H
#define POPGX_STORE_ANSWER_H

#include "stats/psa.h"
#include "stats/tally.h"

/** What is stored of draws, beside the numbers. Filled before store_finish; names are borrowed. */
typedef struct {
    const psa_t *psa;           /* NULL: none */
    const char *const *names, *const *units;    /* [psa->n_parameters] */
    const char *design, *checksum;
    uint64_t first_draw, all_draws; /* of a part of a run: row 0 is draw first_draw of so many */
} store_psa_t;

typedef struct stored stored_t;

typedef struct {
    stored_t *stored;
    const model_t *model;       /* as it was simulated; borrowed from `stored` */
    tally_t tally;              /* of `model` */
    psa_t psa;                  /* n_draws 0: there was no probabilistic analysis */
    uint64_t first_draw, all_draws; /* row 0 of psa is draw first_draw of so many: all, unless the run is a part */
    char **names, **units;      /* [psa.n_parameters] */
    char *design;               /* of the draws: "random", "latin" or "sobol"; NULL: there are none */
    uint64_t seed;
} answer_t;

/** Reads the answer of the run at `path`. answer_release frees it, also after a failure. Errors are those of stored_open. */
MUST_USE popgx_err_t answer_read(const char *path, answer_t *out);
void answer_release(answer_t *answer);
#endif
