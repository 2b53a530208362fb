/*
 * `popgx bench`: how fast this machine simulates. The same run several times over, on all ranks; the best round counts, since noise
 * only ever adds. What is timed is the simulation alone: no start of the program, no reading of the model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/machine.h"
#include "cli/model_input.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "cli/shared_options.h"
#include "cluster/run.h"
#include "kernels/kernels.h"
#include "stats/tally.h"

typedef struct {
    uint64_t patients, seed, threads, rounds;
    bool is_json;
} request_t;

/* What the rounds gave; the best time and the best CPU time need not be of the same round. */
typedef struct {
    uint64_t n_fired, peak_rss_bytes;
    double seconds;             /* wall time on rank 0 */
    double cpu_seconds;         /* of all ranks and threads together */
    char checksum[33];
} measured_t;

/* The model that is measured if none is named: beside the sources, or where it is installed. */
static const char *default_model(char *path, size_t size)
{
    snprintf(path, size, "%s/three_state.yaml", POPGX_SOURCE_BENCHMARKS);
    if (access(path, R_OK) != 0) snprintf(path, size, "%s/benchmarks/three_state.yaml", spec_data_folder());
    return path;
}

static uint64_t process_cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Collective. */
static popgx_err_t measure_round(const model_t *model, const run_settings_t *settings, measured_t *best)
{
    popgx_err_t err;
    tally_t tally;
    run_report_t report;

    TRY(cluster_agree(tally_init(&tally, model, RUN_BLOCK_PEOPLE)));
    uint64_t cpu_ns = process_cpu_ns();
    TRY(run_simulate(model, settings, &tally, &report));
    cpu_ns = process_cpu_ns() - cpu_ns;
    TRY(cluster_add_counts(&cpu_ns, 1));
    if (report.seconds < best->seconds) best->seconds = report.seconds;
    if ((double)cpu_ns * 1e-9 < best->cpu_seconds) best->cpu_seconds = (double)cpu_ns * 1e-9;
    best->n_fired = report.n_fired;
    tally_checksum(&tally, best->checksum);
out:
    tally_release(&tally);
    return err;
}

static double lives(const request_t *request, const model_t *model) { return (double)request->patients * model->n_strategies; }

static popgx_err_t print_json(const request_t *request, const char *path, const model_t *model, const measured_t *best)
{
    return json_print(json_pack(
        "{s:s, s:I, s:i, s:I, s:i, s:I, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:s}", "model", path, "patients",
        (json_int_t)request->patients, "strategies", (int)model->n_strategies, "seed", (json_int_t)request->seed, "ranks", cluster_ranks(),
        "threads", (json_int_t)request->threads, "isa", kernels()->isa, "rounds", (json_int_t)request->rounds, "events",
        (json_int_t)best->n_fired, "seconds", json_number(best->seconds), "cpu_seconds", json_number(best->cpu_seconds),
        "events_per_second", json_number((double)best->n_fired / best->seconds), "patient_strategies_per_second",
        json_number(lives(request, model) / best->seconds), "events_per_cpu_second", json_number((double)best->n_fired / best->cpu_seconds),
        "patient_strategies_per_cpu_second", json_number(lives(request, model) / best->cpu_seconds), "peak_rss_bytes",
        (json_int_t)best->peak_rss_bytes, "checksum", best->checksum));
}

static popgx_err_t print_text(const request_t *request, const char *path, const model_t *model, const measured_t *best)
{
    printf("%s: %s people x %d strateg%s, %s timed events\n", path, number_count(request->patients).text, (int)model->n_strategies,
           model->n_strategies == 1 ? "y" : "ies", number_count(best->n_fired).text);
    printf("%d rank%s x %d thread%s, %s; best of %d rounds\n", cluster_ranks(), cluster_ranks() == 1 ? "" : "s", (int)request->threads,
           request->threads == 1 ? "" : "s", kernels()->isa, (int)request->rounds);
    printf("  %14s events per second\n", number_grouped((double)best->n_fired / best->seconds, 0).text);
    printf("  %14s events per second of CPU time\n", number_grouped((double)best->n_fired / best->cpu_seconds, 0).text);
    printf("  %14s lives per second (one person under one strategy)\n", number_grouped(lives(request, model) / best->seconds, 0).text);
    printf("  %14s peak memory per rank\n", number_bytes(best->peak_rss_bytes).text);
    return POPGX_OK;
}

static popgx_err_t bench(const request_t *request, const char *path)
{
    model_t model = {0};
    spec_report_t report = {0};
    const name_list_t all = {0};
    const run_settings_t settings = {.patients = request->patients, .seed = request->seed, .threads = (int)request->threads};
    measured_t best = {.seconds = 1e300, .cpu_seconds = 1e300};
    popgx_err_t err;

    TRY(model_input_share(path, &all, &model, &report));
    for (uint64_t round = 0; round < request->rounds; round++) TRY(measure_round(&model, &settings, &best));
    TRY(machine_peak_memory(&best.peak_rss_bytes));
    if (cluster_rank() == 0) err = (request->is_json ? print_json : print_text)(request, path, &model, &best);
out:
    model_release(&model);
    spec_report_release(&report);
    return err;
}

popgx_err_t cmd_bench(int argc, char **argv)
{
    request_t request = {.patients = 200000, .seed = 1, .threads = 1, .rounds = 5};
    const option_t options[] = {
        {"patients", 'n', OPTION_COUNT, &request.patients, "N", "people to simulate in each round (default 200,000)"},
        SEED_OPTION(&request.seed),
        {"threads", 't', OPTION_COUNT, &request.threads, "N", "threads per rank (default 1)"},
        {"rounds", 'r', OPTION_COUNT, &request.rounds, "N", "rounds, of which the best counts (default 5)"},
        JSON_OPTION(&request.is_json),
    };
    const usage_t usage = {
        "bench", "[MODEL]",
        "Measures how fast this machine simulates a model: events and lives per second, by the clock and by CPU time. Without a\n"
        "MODEL it takes one with three states and two strategies. The environment variable POPGX_ISA (ref, avx2 or avx512)\n"
        "chooses another instruction set; the checksum stays the same.",
        "  popgx bench\n"
        "  popgx bench model.yaml --patients 1M --threads 2\n"
        "  POPGX_ISA=avx2 popgx bench --json\n"
        "  mpirun -n 64 popgx bench model.yaml --patients 100M\n",
        options, sizeof options / sizeof *options};
    char path[4096];
    const char *operand;

    popgx_err_t err = cluster_agree(options_parse(&usage, argc, argv, &operand));
    if (err || !operand) return err;
    if (request.threads > 4096) request.threads = 4096;
    return bench(&request, *operand ? operand : default_model(path, sizeof path));
}
