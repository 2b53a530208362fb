/*
 * `popgx aggregate`: the results of stored trajectories, by the same ledger as in the run. Every rank opens the run for itself; what it
 * holds is compared with its checksums before it is used, and the answer with that of the run.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/results_print.h"
#include "cli/threads.h"
#include "kernels/kernels.h"
#include "store/replay.h"

typedef struct {
    const char *path;
    uint64_t threads;           /* 0: as many as the cores allow */
    bool is_json, is_quiet;
} request_t;

typedef struct {
    stored_t *stored;
    replay_t replay;
    tally_t tally;
    run_report_t run;
} work_t;

static popgx_err_t parse(request_t *request, int argc, char **argv)
{
    const option_t options[] = {
        {"threads", 't', OPTION_COUNT, &request->threads, "N", "threads a rank (default OMP_NUM_THREADS, else cores / local ranks)"},
        {"json", 0, OPTION_FLAG, &request->is_json, NULL, "print one JSON object on standard output, as popgx run does"},
        {"quiet", 'q', OPTION_FLAG, &request->is_quiet, NULL, "no progress on standard error"},
    };
    const usage_t usage = {
        "aggregate", "RUN.h5",
        "Reads the trajectories of a run that stored everybody's (popgx run --trajectories all), bills them again and prints the same\n"
        "results as the run, with the same checksum, without simulating anything. What is read is compared with the checksums that\n"
        "were written with it.",
        "  popgx aggregate run.h5\n"
        "  mpirun -n 8 popgx aggregate run.h5 --threads 1 --json > results.json\n",
        options, sizeof options / sizeof *options};

    return options_parse(&usage, argc, argv, &request->path);
}

static popgx_err_t replay(const request_t *request, work_t *work, int threads)
{
    progress_t progress;
    run_settings_t settings = {.threads = threads};

    replay_prepare(&work->replay, &settings);
    if (!request->is_quiet && cluster_rank() == 0) {
        settings.progress = progress_show;
        settings.progress_context = &progress;
    }
    progress_start(&progress, settings.patients);
    popgx_err_t err = run_simulate(stored_model(work->stored), &settings, &work->tally, &work->run);
    progress_end(&progress);
    return err;
}

/* The same people, the same events, the same bills: anything else means that this program is not the one that wrote the run. */
static popgx_err_t compare(const request_t *request, const work_t *work)
{
    const stored_facts_t *facts = stored_facts(work->stored);
    char checksum[33];

    tally_checksum(&work->tally, checksum);
    if (strcmp(checksum, facts->checksum) == 0) return POPGX_OK;
    return FAIL(IO, "%s: its trajectories have the checksum %s, but its results %s: it was written by another version of popgx (%s)",
                request->path, checksum, facts->checksum, stored_manifest(work->stored)->version);
}

static popgx_err_t print(const request_t *request, const work_t *work, const run_facts_t *facts)
{
    if (request->is_json) return json_print(results_json(&work->tally, facts));
    results_print_text(&work->tally, facts, stdout);
    return POPGX_OK;
}

static popgx_err_t aggregate(const request_t *request, work_t *work)
{
    popgx_err_t err;
    const double started = monotonic_seconds();
    const int threads = threads_choose(request->threads);
    struct rusage usage = {0};

    TRY(cluster_agree(stored_open(request->path, &work->stored)));
    TRY(cluster_agree(replay_init(&work->replay, work->stored, request->path)));
    TRY(cluster_agree(tally_init(&work->tally, stored_model(work->stored), RUN_BLOCK_PEOPLE)));
    TRY(replay(request, work, threads));
    TRY(compare(request, work));
    const manifest_t *manifest = stored_manifest(work->stored);
    getrusage(RUSAGE_SELF, &usage);
    run_facts_t facts = {
        .model_path = manifest->n_sources > 0 ? manifest->sources[0].path : request->path, .isa = kernels_isa(), .patients = manifest->plan.patients,
        .seed = manifest->seed, .peak_rss_bytes = (uint64_t)usage.ru_maxrss * 1024, .ranks = cluster_ranks(), .threads = threads,
        .n_fired = work->run.n_fired,
    };
    TRY(cluster_most(&facts.peak_rss_bytes));
    facts.seconds = monotonic_seconds() - started;
    if (cluster_rank() == 0) TRY(print(request, work, &facts));
out:
    return err;
}

popgx_err_t cmd_aggregate(int argc, char **argv)
{
    request_t request = {0};
    work_t work = {0};

    popgx_err_t err = cluster_agree(parse(&request, argc, argv));
    if (!err && request.path) err = aggregate(&request, &work);
    tally_release(&work.tally);
    replay_release(&work.replay);
    stored_close(work.stored);
    return err;
}
