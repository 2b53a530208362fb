/*
 * bench_phases MODEL...: where the time of a run goes, for each model: drawing people, what all strategies share, engine, ledger, tally;
 * nanoseconds of CPU time for a life (one person under one strategy) and for a timed event. One JSON object.
 */
#include <stdio.h>
#include <stdlib.h>

#include "benchmarks/simulated.h"
#include "benchmarks/timing.h"
#include "rng/keyed.h"

enum { BLOCKS = 16, ROUNDS = 5 };
enum { PEOPLE, START, ENGINE, LEDGER, TALLY, PHASES };
static const char *const phase_names[PHASES] = {"people", "start", "engine", "ledger", "tally"};

typedef struct {
    simulated_t s;
    double seconds[PHASES];     /* of the round in hand */
    uint64_t n_records;
} bench_t;

static void need(popgx_err_t err)
{
    if (!err) return;
    fprintf(stderr, "bench_phases: %s\n", popgx_err_detail());
    exit(EXIT_FAILURE);
}

/* Adds what has passed since *last to a phase. */
static void lap(bench_t *b, int phase, double *last)
{
    double now = thread_seconds();
    b->seconds[phase] += now - *last;
    *last = now;
}

static void live_block(bench_t *b, uint64_t block)
{
    workspace_t *w = &b->s.work;
    double last = thread_seconds();
    cohort_view_t people = cohort_fill(w->cohort, rng_run_key(1, 0), block * RUN_BLOCK_PEOPLE, RUN_BLOCK_PEOPLE);

    lap(b, PEOPLE, &last);
    engine_start(w->engine, &people);
    lap(b, START, &last);
    for (int32_t s = 0; s < b->s.model.n_strategies; s++) {
        ledger_bill_t bill;
        need(engine_run(w->engine, s, &w->trajectory, &w->n_fired));
        lap(b, ENGINE, &last);
        need(ledger_post(w->ledger, &people, &w->trajectory, &bill));
        lap(b, LEDGER, &last);
        need(tally_add(&w->tally, s, &people, &bill));
        lap(b, TALLY, &last);
        b->n_records += w->trajectory.n_records;
    }
    tally_close(&w->tally, &people);
    lap(b, TALLY, &last);
}

static void measure(const char *path, bool is_first)
{
    bench_t b = {0};
    double best[PHASES], total = 0;

    need(simulated_open(&b.s, path, RUN_BLOCK_PEOPLE));
    for (int p = 0; p < PHASES; p++) best[p] = 1e300;
    for (int round = 0; round < ROUNDS; round++) {
        for (int p = 0; p < PHASES; p++) b.seconds[p] = 0;
        b.s.work.n_fired = b.n_records = 0;
        for (uint64_t block = 0; block < BLOCKS; block++) live_block(&b, block);
        for (int p = 0; p < PHASES; p++) best[p] = b.seconds[p] < best[p] ? b.seconds[p] : best[p];
    }
    double lives = (double)BLOCKS * RUN_BLOCK_PEOPLE * b.s.model.n_strategies;
    printf("%s\n  {\"model\": \"%s\", \"lives\": %.0f, \"events_per_life\": %.4f, \"records_per_life\": %.4f, \"phases\": [", is_first ? "" : ",",
           path, lives, (double)b.s.work.n_fired / lives, (double)b.n_records / lives);
    for (int p = 0; p < PHASES; p++) {
        total += best[p];
        printf("%s\n    {\"name\": \"%s\", \"ns_per_life\": %.2f, \"ns_per_event\": %.2f}", p ? "," : "", phase_names[p], 1e9 * best[p] / lives,
               1e9 * best[p] / (double)b.s.work.n_fired);
    }
    printf("\n  ], \"ns_per_life\": %.2f, \"ns_per_event\": %.2f}", 1e9 * total / lives, 1e9 * total / (double)b.s.work.n_fired);
    simulated_close(&b.s);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: bench_phases MODEL...\n", stderr);
        return EXIT_FAILURE;
    }
    printf("{\"benchmark\": \"phases\", \"isa\": \"%s\", \"models\": [", kernels()->isa);
    for (int i = 1; i < argc; i++) measure(argv[i], i == 1);
    printf("\n]}\n");
    return EXIT_SUCCESS;
}
