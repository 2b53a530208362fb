/*
 * `popgx aggregate`: the results of stored trajectories, by the same ledger as in the run. Every rank opens the run for itself; what it
 * holds is compared with its checksums before it is used, and the answer with that of the run: with other prices, as far as those do
 * not matter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/machine.h"
#include "cli/model_input.h"
#include "cli/options.h"
#include "cli/people_option.h"
#include "cli/privacy.h"
#include "cli/progress.h"
#include "cli/report_option.h"
#include "cli/report_print.h"
#include "cli/results_print.h"
#include "cli/shared_options.h"
#include "cli/threads.h"
#include "core/monotonic.h"
#include "kernels/kernels.h"
#include "model/course.h"
#include "model/lots.h"
#include "spec/subgroups.h"
#include "stats/conceal.h"
#include "stats/subgroups.h"
#include "store/replay.h"

typedef struct {
    const char *path, *by, *report, *model_path; /* by: subgroups;  model_path: of other payoffs, or NULL */
    uint64_t min_cell;          /* people from a file: figures about fewer are hidden */
    uint64_t threads;           /* 0: as many as the cores allow */
    bool is_json, is_csv, is_quiet;
} request_t;

typedef struct {
    stored_t *stored;
    const model_t *model;       /* that of the run, or `changed` */
    model_t changed;
    spec_report_t report;
    replay_t replay;
    tally_t tally;
    run_report_t run;
} work_t;

static popgx_err_t parse(request_t *request, int argc, char **argv)
{
    const option_t options[] = {
        {"model", 0, OPTION_TEXT, &request->model_path, "OTHER", "take prices, utilities, discount rates and all other payoffs from this model"},
        BY_OPTION(&request->by),
        REPORT_OPTION(&request->report),
        THREADS_OPTION(&request->threads),
        PRIVACY_OPTION(&request->min_cell),
        JSON_OPTION(&request->is_json),
        CSV_OPTION(&request->is_csv),
        QUIET_OPTION(&request->is_quiet),
    };
    const usage_t usage = {
        "aggregate", "RUN.h5",
        "Works out the results of a run that stored all trajectories (popgx run --trajectories all) without simulating again:\n"
        "the same results as the run, with the same checksum. What is read is compared with the checksums written with it.\n"
        "\n"
        "With --model the payoffs of another model are applied to what happened, with the results that a run of that model\n"
        "would have. A model in which something else would happen is refused, and the difference is named.",
        "  popgx aggregate run.h5\n"
        "  popgx aggregate run.h5 --model other-prices.yaml\n"
        "  popgx aggregate run.h5 --by 'ancestry,sex x ancestry'\n"
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
    progress_start(&progress, "aggregate", settings.patients);
    popgx_err_t err = run_simulate(work->model, &settings, &work->tally, &work->run);
    progress_end(&progress);
    return err;
}

/* The payoffs of another model, of the strategies that are stored. Collective. */
static popgx_err_t load_changed(const request_t *request, work_t *work)
{
    const model_t *m = stored_model(work->stored);
    const char **names = calloc((size_t)m->n_strategies, sizeof *names);
    const name_list_t strategies = {.names = names, .n = (size_t)m->n_strategies};
    popgx_err_t err;

    TRY(cluster_agree(names ? POPGX_OK : FAIL(NOMEM, "no memory for the names of strategies")));
    for (int32_t s = 0; s < m->n_strategies; s++) names[s] = model_strategy_name(m, s);
    TRY(model_input_share(request->model_path, &strategies, &work->changed, &work->report));
    lots_draw(&work->changed, m->settings.lot_bits);
    TRY(cluster_agree(course_compare(m, &work->changed, request->model_path)));
    work->model = &work->changed;
out:
    free(names);
    return err;
}

/* The model that is billed, with subgroups and a report that are asked for now. */
static popgx_err_t ask_for_more(const request_t *request, work_t *work)
{
    unsigned char *bytes = NULL;
    size_t n_bytes = 0;
    popgx_err_t err = POPGX_OK;

    if (!request->model_path) {
        TRY(model_pack(work->model, &bytes, &n_bytes));
        TRY(model_unpack(bytes, n_bytes, &work->changed));
        work->model = &work->changed;
    }
    if (request->by) TRY(subgroups_ask(&work->changed, "--by", request->by));
    TRY(report_option(request->report, &work->changed));
    TRY(people_check(&work->changed));
    TRY(subgroups_check_size(work->model));
out:
    free(bytes);
    return err;
}

/* Sums that payoffs have nothing to do with: who the people were and what happened to them. */
static bool is_same_course(const tally_t *a, const tally_t *b)
{
    const tally_layout_t *x = &a->layout, *y = &b->layout;
    const size_t events = (size_t)(x->occupancy - x->events), rest = (size_t)(x->perspective - x->occupancy);

    return a->sums[x->people] == b->sums[y->people] && y->occupancy - y->events == (int32_t)events && y->perspective - y->occupancy == (int32_t)rest
           && memcmp(a->sums + x->events, b->sums + y->events, (events + rest) * sizeof *a->sums) == 0;
}

static popgx_err_t compare_course(const request_t *request, const work_t *work)
{
    tally_t stored;
    popgx_err_t err;

    TRY(tally_init(&stored, stored_model(work->stored), 1));
    TRY(stored_sums(work->stored, &stored));
    if (!is_same_course(&work->tally, &stored))
        TRY(FAIL(IO, "%s: its people or events are not those of its results: it was written by another version of popgx (%s)", request->path,
                 stored_manifest(work->stored)->version));
out:
    tally_release(&stored);
    return err;
}

/* The same people, the same events, the same bills: anything else means that this program is not the one that wrote the run. */
static popgx_err_t compare(const request_t *request, const work_t *work)
{
    const stored_facts_t *facts = stored_facts(work->stored);
    char checksum[33];

    if (request->model_path) return compare_course(request, work);
    tally_checksum(&work->tally, checksum);
    if (strcmp(checksum, facts->checksum) == 0) return POPGX_OK;
    return FAIL(IO, "%s: its trajectories have the checksum %s, but its results %s: it was written by another version of popgx (%s)",
                request->path, checksum, facts->checksum, stored_manifest(work->stored)->version);
}

static popgx_err_t print(const request_t *request, work_t *work, const run_facts_t *facts)
{
    popgx_err_t err = tally_conceal(&work->tally, (double)request->min_cell);

    if (err) return err;
    if (request->is_csv) return report_print_csv(&work->tally, 0, stdout);
    if (request->is_json) return json_print(results_json(&work->tally, facts));
    results_print_text(&work->tally, facts, stdout);
    return POPGX_OK;
}

static popgx_err_t aggregate(const request_t *request, work_t *work)
{
    popgx_err_t err;
    const double started = monotonic_seconds();
    const int threads = threads_choose(request->threads);

    TRY(cluster_agree(stored_open(request->path, &work->stored)));
    TRY(cluster_agree(replay_init(&work->replay, work->stored, request->path)));
    work->model = stored_model(work->stored);
    privacy_begin(work->model);
    if (request->model_path) TRY(load_changed(request, work));
    if (request->by || request->report) TRY(cluster_agree(ask_for_more(request, work)));
    TRY(cluster_agree(tally_init(&work->tally, work->model, RUN_BLOCK_PEOPLE)));
    TRY(replay(request, work, threads));
    TRY(compare(request, work));
    const manifest_t *manifest = stored_manifest(work->stored);
    run_facts_t facts = {
        .model_path = request->model_path ? request->model_path : manifest->n_sources > 0 ? manifest->sources[0].path : request->path, .isa = kernels_isa(), .patients = manifest->plan.patients,
        .seed = manifest->seed, .ranks = cluster_ranks(), .threads = threads, .n_fired = work->run.n_fired,
    };
    if (manifest->plan.parts > 0) {
        facts.part = run_part_of(work->stored);
        facts.first_patient = run_part_people(work->stored).first;
        facts.patients = run_part_people(work->stored).count;
    }
    TRY(machine_peak_memory(&facts.peak_rss_bytes));
    facts.seconds = monotonic_seconds() - started;
    if (cluster_rank() == 0) TRY(print(request, work, &facts));
out:
    return err;
}

popgx_err_t cmd_aggregate(int argc, char **argv)
{
    request_t request = {.min_cell = PRIVACY_MINIMUM};
    work_t work = {0};

    popgx_err_t err = cluster_agree(parse(&request, argc, argv));
    if (!err && request.path) err = aggregate(&request, &work);
    tally_release(&work.tally);
    replay_release(&work.replay);
    model_release(&work.changed);
    spec_report_release(&work.report);
    stored_close(work.stored);
    return err;
}
