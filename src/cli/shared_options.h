/*
 * Options that several commands have, so that they are called, described and parsed alike. Each takes the address of the value that
 * option_t says for its kind, which holds the default; --min-cell is PRIVACY_OPTION (privacy.h).
 */
#ifndef POPGX_CLI_SHARED_OPTIONS_H
#define POPGX_CLI_SHARED_OPTIONS_H

#include "cli/options.h"

/* How it is printed. */
#define JSON_OPTION(to)  {"json", 0, OPTION_FLAG, to, NULL, "print one JSON object on standard output"}
#define CSV_OPTION(to)   {"csv", 0, OPTION_FLAG, to, NULL, "print every figure as one long table of comma-separated values"}
#define QUIET_OPTION(to) {"quiet", 'q', OPTION_FLAG, to, NULL, "print no progress on standard error"}

/* What is simulated. 0 threads: threads_choose. */
#define SEED_OPTION(to)       {"seed", 0, OPTION_NUMBER, to, "N", "the sample of people and of their luck (default 1)"}
#define THREADS_OPTION(to)    {"threads", 't', OPTION_COUNT, to, "N", "threads per rank (default: OMP_NUM_THREADS, else cores / ranks on this machine)"}
#define STRATEGIES_OPTION(to) {"strategies", 0, OPTION_TEXT, to, "A,B", "only these strategies, in the model's order (default: all)"}
#define BY_OPTION(to)         {"by", 0, OPTION_TEXT, to, "A,B x C", "also the results of these subgroups, e.g. 'sex x ancestry,age at 50 65'"}
#define REPORT_OPTION(to) \
    {"report", 0, OPTION_TEXT, to, "WHAT", \
     "more figures: categories, events, states, years, distribution (with commas between them), or all; see docs/results.md"}

/* The file that is written. 0 shards: the store's choice. */
#define SHARDS_OPTION(to) {"shards", 0, OPTION_COUNT, to, "N", "files for trajectories (default: one per 4 GiB, at most one per rank)"}
#define FORCE_OPTION(to)  {"force", 0, OPTION_FLAG, to, NULL, "replace the output if it exists; begin even if the disk seems too small"}
#endif
