/* `--until "nmb.se < 5"`: how exact a run shall be, and how many people that needs. */
#ifndef POPGX_CLI_UNTIL_H
#define POPGX_CLI_UNTIL_H

#include <stdbool.h>

#include "stats/tally.h"

typedef enum { UNTIL_COST, UNTIL_QALY, UNTIL_LIFE_YEARS, UNTIL_NMB } until_figure_t;

typedef struct {
    until_figure_t figure;
    double target;              /* of the standard error; a share of the figure itself if relative */
    bool is_relative;
} until_t;

/** What came of it. */
typedef struct {
    const char *wanted;         /* as it was asked for */
    uint64_t patients, needed;  /* people simulated, and how many the error asks for */
    bool is_reached;
} run_until_t;

/** "nmb.se < 5", "qaly.se < 1e-4", "cost.se < 1 %". @retval POPGX_E_INPUT  it is nothing like that, or the model cannot have it */
MUST_USE popgx_err_t until_parse(const char *text, const model_t *model, until_t *out);

/**
 * The largest standard error over its target: below 1 is good enough. Errors are of the paired differences from the first
 * strategy, at the first threshold; of a single strategy, its own.
 */
double until_ratio(const until_t *until, const tally_t *tally);

enum { UNTIL_MOST_PATIENTS = 1000000000 }; /* if nobody says */

/** The people that are looked at first: whole blocks, and lots enough, since an error of few lots is itself uncertain. */
uint64_t until_first(const model_t *model);

/**
 * How many people to look at next, given the ratio of the first `people`: what the error asks for with a twentieth to spare, at least a fifth
 * more, at most 16 times as many, in whole blocks.
 */
uint64_t until_next(uint64_t people, double ratio, uint64_t block_people);
#endif
