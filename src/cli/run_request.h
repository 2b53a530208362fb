/* What `popgx run` is asked for: its options, read and compared with each other before anything is done. */
#ifndef POPGX_CLI_RUN_REQUEST_H
#define POPGX_CLI_RUN_REQUEST_H

#include "cli/run_part.h"
#include "spec/draws.h"
#include "store/codec.h"

typedef struct {
    const char *model_path, *output, *strategies, *trajectories, *time_limit, *report, *part_text;
    run_part_t part;
    const char *compress;
    codec_t codec;                    /* which `compress` names */
    uint64_t patients, seed, threads; /* patients 0: nobody said; threads 0: as many as the cores allow */
    uint64_t draws, memory;
    const char *by;                   /* subgroups beside those of the model, or NULL */
    const char *until;                /* precision that decides on the number of patients, or NULL */
    uint64_t min_cell;                /* people from a file: figures about fewer are hidden */
    uint64_t shards;                  /* 0: the store's choice */
    const char *people;               /* how they are drawn */
    const char *design;
    draw_design_t spread;             /* which `design` names */
    bool is_forced, is_resumed, is_json, is_csv, is_quiet, is_expected;
    double sample;                    /* of the people whose trajectories are stored */
    double deadline;                  /* monotonic_seconds; 0: none */
    char *command;                    /* the command line, for the provenance */
} run_request_t;

/**
 * Reads the command line; the rest of what is not asked for has its default. run_request_release frees it, also after a failure.
 *
 * @param started  monotonic_seconds when the command began, from which a time limit counts
 * @param[out] request  model_path NULL: --help was asked for, and nothing is left to do
 * @retval POPGX_E_INPUT  an option is wrong, or two do not go together
 */
MUST_USE popgx_err_t run_request_parse(run_request_t *request, int argc, char **argv, double started);
void run_request_release(run_request_t *request);
#endif
