/* The answer of a run, for people and for machines. Both only lay out what stats/ works out. */
#ifndef POPGX_CLI_RESULTS_PRINT_H
#define POPGX_CLI_RESULTS_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "cli/run_part.h"
#include "cli/run_psa.h"
#include "cli/until.h"
#include "cluster/run.h"
#include "stats/tally.h"

/** How the run was made. Borrowed strings. */
typedef struct {
    const char *model_path, *isa;
    uint64_t patients, seed, peak_rss_bytes;
    int ranks, threads;
    double seconds;             /* from the start of the command to the last result */
    uint64_t n_fired;
    const psa_run_t *psa;       /* the probabilistic analysis, or NULL: then what follows is the whole answer */
    run_part_t part;            /* of which these are the results; of 0: the whole run */
    uint64_t first_patient;     /* of a part */
    const run_until_t *until;   /* the precision that was asked for, or NULL */
} run_facts_t;

/** Tables: outcomes, incremental analysis, frontier, net monetary benefit, costs by category, events. */
void results_print_text(const tally_t *tally, const run_facts_t *facts, FILE *out);

/** The object that `popgx run --json` prints; NULL for lack of memory. */
json_t *results_json(const tally_t *tally, const run_facts_t *facts);
/** Its parts about strategies and about pairs of them. */
json_t *results_strategies_json(const tally_t *tally, const run_facts_t *facts);
json_t *results_comparisons_json(const tally_t *tally, const run_facts_t *facts);

/* ---- subgroups_print.c ---- */

/** A table for each grouping: costs, QALYs and differences from the first strategy, group by group. */
void subgroups_print_text(const tally_t *tally, FILE *out);

/** [{by, groups: [{group, levels, patients, strategies, comparisons}]}] */
json_t *subgroups_json(const tally_t *tally, const run_facts_t *facts);
#endif
