/*
 * `popgx run`: the whole way from a model file to the results, on all ranks. Rank 0 reads, prints and writes;
 * every step that can fail on one rank alone is agreed on before the next collective call.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/expected_print.h"
#include "cli/json.h"
#include "cli/machine.h"
#include "cli/model_input.h"
#include "cli/numbers.h"
#include "cli/people_option.h"
#include "cli/privacy.h"
#include "cli/progress.h"
#include "cli/report_option.h"
#include "cli/report_print.h"
#include "cli/results_print.h"
#include "cli/run_part.h"
#include "cli/run_psa.h"
#include "cli/run_request.h"
#include "cli/stopping.h"
#include "cli/threads.h"
#include "cli/until.h"
#include "cluster/run.h"
#include "core/memory.h"
#include "core/monotonic.h"
#include "kernels/kernels.h"
#include "spec/subgroups.h"
#include "stats/conceal.h"
#include "stats/subgroups.h"
#include "stats/tally.h"
#include "store/store.h"
#include "store/stored.h"

enum { USUAL_PATIENTS = 100000 };

/* What is made on the way; released in one place. */
typedef struct {
    model_t model;
    spec_report_t report;
    name_list_t strategies;
    model_input_t input;
    psa_run_t psa;
    store_psa_t stored_psa;
    store_source_t *sources;
    store_t *store;
    stopping_t stopping;
    char *stop_file;
    tally_t tally;
    run_report_t run;
    run_until_t until;
    bool is_base_done;          /* whatever goes wrong later, it is worth keeping */
} work_t;

/* Whoever names an instruction set wants to compare it: another one in its place would tell them nothing. */
static popgx_err_t check_isa(void)
{
    char list[256] = "";

    if (kernels_isa()) return POPGX_OK;
    for (const kernels_t *const *k = kernels_all; *k; k++) {
        if (!(*k)->is_supported()) continue;
        if (*list) strcat(list, ", ");
        strcat(list, (*k)->isa);
    }
    return FAIL(INPUT, "POPGX_ISA='%s' names no instruction set of this machine: it has %s", getenv("POPGX_ISA"), list);
}

/* Of the base case: without --draws the whole run. */
static uint64_t base_patients(const run_request_t *request) { return request->patients ? request->patients : USUAL_PATIENTS; }

/* From here on a wish to stop is heard. */
static void listen(const run_request_t *request, work_t *work)
{
    stopping_start(&work->stopping, request->deadline, cluster_rank() == 0 ? work->stop_file : NULL);
}

static popgx_err_t open_store(const run_request_t *request, work_t *work, int threads)
{
    size_t n = work->report.n_sources;

    popgx_err_t err = cluster_agree(asprintf(&work->stop_file, "%s.d/stop", request->output) < 0 ? FAIL(NOMEM, "no memory for a name") : POPGX_OK);
    if (err) return err;
    listen(request, work);
    work->sources = memory_resize(NULL, n + 1, sizeof *work->sources);
    for (size_t i = 0; i < n; i++) {
        const spec_source_t *source = &work->report.sources[i];
        work->sources[i] = (store_source_t){source->path, source->bytes, source->n_bytes};
    }
    const store_run_t run = {
        .sources = work->sources, .n_sources = n, .command = request->command, .isa = kernels_isa(),
        .patients = base_patients(request), .until = request->until, .part = request->part.number, .parts = request->part.of, .seed = request->seed,
        .ranks = cluster_ranks(), .threads = threads, .draws = request->draws, .draw_patients = request->patients, .design = request->design,
        .sample = request->sample, .codec = request->codec, .shards = request->shards, .is_space_ignored = request->is_forced, .psa = &work->stored_psa,
        .is_stop_wanted = stopping_is_wanted, .stop_context = &work->stopping,
    };
    const store_mode_t mode = request->is_resumed ? STORE_RESUME : request->is_forced ? STORE_REPLACE : STORE_NEW;
    return store_create(request->output, mode, &work->model, &run, &work->store);
}

static double share_done(const store_state_t *state) { return state->n_blocks > 0 ? (double)state->n_done / (double)state->n_blocks : 1; }

/* What there will be on the disk, and what is there already. */
static void tell_state(const run_request_t *request, const work_t *work)
{
    const store_state_t state = store_state(work->store);

    if (request->is_quiet || cluster_rank() != 0) return;
    if (state.n_done > 0)
        fprintf(stderr, "popgx run: resumed: %.4g %% of the people were simulated before\n", 100 * share_done(&state));
    if (request->sample > 0 && !request->until)
        fprintf(stderr, "popgx run: about %s will be stored\n", number_bytes(state.predicted_bytes).text);
}

/* How to go on, for whoever reads the log of a job. */
static popgx_err_t tell_stopped(const run_request_t *request, const work_t *work)
{
    const store_state_t state = store_state(work->store);

    if (state.n_done == 0)
        return FAIL(STOPPED, "stopped by %s before the first %s people had lived: nothing is kept; the same command with --resume begins, and needs more time "
                    "than that", stopping_reason(&work->stopping), number_count(state.task_patients).text);
    return FAIL(STOPPED, "stopped by %s: %.4g %% of the people%s are simulated and safe in %s.d; the same command with --resume goes on",
                stopping_reason(&work->stopping), 100 * share_done(&state), request->until ? " to be looked at next" : "", request->output);
}

static popgx_err_t simulate_stoppable(const run_request_t *request, work_t *work, run_settings_t *settings)
{
    store_prepare(work->store, settings, &work->tally);
    settings->is_stop_wanted = stopping_is_wanted;
    settings->stop_context = &work->stopping;
    popgx_err_t err = run_simulate(&work->model, settings, &work->tally, &work->run);
    if (err != POPGX_E_STOPPED) return err;
    err = store_suspend(work->store);
    return err ? err : cluster_agree(tell_stopped(request, work));
}

/* The output may be large: a job whose time ends now need not wait for it. */
static popgx_err_t finish_store(const run_request_t *request, work_t *work)
{
    popgx_err_t err = store_finish(work->store, &work->tally, &work->run);

    return err == POPGX_E_STOPPED ? cluster_agree(tell_stopped(request, work)) : err;
}

/* The draws of an output that is complete. */
static popgx_err_t load_draws(const run_request_t *request, const psa_request_t *psa, work_t *work)
{
    answer_t answer = {0};
    popgx_err_t err;

    TRY(answer_read(request->output, &answer));
    TRY(psa_run_of_answer(psa, &answer, &work->psa));
out:
    answer_release(&answer);
    return err;
}

/* With an output the draws can be interrupted as the base case can: they are kept beside its journals. */
static popgx_err_t simulate_stoppable_draws(const run_request_t *request, work_t *work, psa_request_t *psa)
{
    char *journal = NULL;
    popgx_err_t err = POPGX_OK;

    if (asprintf(&journal, "%s.d/draws", request->output) < 0) journal = NULL;
    TRY(cluster_agree(journal ? POPGX_OK : FAIL(NOMEM, "no memory for a name")));
    psa->journal = journal;
    psa->is_resumed = request->is_resumed;
    psa->is_stop_wanted = stopping_is_wanted;
    psa->stop_context = &work->stopping;
    err = psa_run(psa, &work->model, &work->input, &work->report, &work->psa);
    if (err == POPGX_E_STOPPED) {
        char told[256];
        snprintf(told, sizeof told, "%s", popgx_err_detail());
        err = store_suspend(work->store);
        if (!err) err = cluster_agree(FAIL(STOPPED, "stopped by %s: the base case and %s, safe in %s.d; the same command with --resume goes on",
                                           stopping_reason(&work->stopping), told, request->output));
    }
out:
    free(journal);
    return err;
}

static psa_request_t draws_of(const run_request_t *request, int threads)
{
    return (psa_request_t){.draws = request->draws, .range = run_part_draws(&request->part, request->draws), .design = request->spread,
                           .patients = request->patients, .seed = request->seed, .threads = threads,
                           .memory = request->memory ? request->memory : machine_half_of_memory(), .is_quiet = request->is_quiet};
}

static popgx_err_t simulate_draws(const run_request_t *request, work_t *work, int threads)
{
    psa_request_t psa = draws_of(request, threads);
    bool is_complete = work->store && store_state(work->store).is_complete;
    popgx_err_t err;

    if (is_complete) return cluster_agree(cluster_rank() == 0 ? load_draws(request, &psa, work) : POPGX_OK);
    TRY(work->store ? simulate_stoppable_draws(request, work, &psa) : psa_run(&psa, &work->model, &work->input, &work->report, &work->psa));
    work->stored_psa = (store_psa_t){.psa = &work->psa.psa, .names = (const char *const *)work->psa.names, .units = (const char *const *)work->psa.units,
                                     .design = psa_design_name(psa.design), .checksum = work->psa.checksum,
                                     .first_draw = work->psa.first_draw, .all_draws = work->psa.all_draws};
out:
    return err;
}

static popgx_err_t simulate(const run_request_t *request, work_t *work, int threads)
{
    progress_t progress;
    run_settings_t settings = {.patients = base_patients(request), .seed = request->seed, .threads = threads};

    if (!request->is_quiet && cluster_rank() == 0) {
        settings.progress = progress_show;
        settings.progress_context = &progress;
    }
    popgx_err_t err = cluster_agree(tally_init(&work->tally, &work->model, RUN_BLOCK_PEOPLE));
    if (err) return err;
    progress_start(&progress, "run", work->store ? store_state(work->store).n_patients : base_patients(request));
    err = work->store ? simulate_stoppable(request, work, &settings) : run_simulate(&work->model, &settings, &work->tally, &work->run);
    progress_end(&progress);
    return err;
}

static popgx_err_t print_results(const run_request_t *request, const work_t *work, const run_facts_t *facts)
{
    if (request->is_csv) return report_print_csv(&work->tally, 0, stdout);
    if (request->is_json) return json_print(results_json(&work->tally, facts));
    results_print_text(&work->tally, facts, stdout);
    if (request->output) printf("\nstored in %s%s%s\n", request->output, work->store && store_written_bytes(work->store) ? ", " : "",
                                work->store && store_written_bytes(work->store) ? number_bytes(store_written_bytes(work->store)).text : "");
    return POPGX_OK;
}

/* A result that could not be stored is printed all the same: the simulation may have taken hours. */
static popgx_err_t finish(const run_request_t *request, work_t *work, run_facts_t *facts, double started)
{
    popgx_err_t print_err = POPGX_OK, err = machine_peak_memory(&facts->peak_rss_bytes);

    if (err) return err;
    facts->seconds = monotonic_seconds() - started;
    if (work->store && !store_state(work->store).is_complete) err = finish_store(request, work);
    facts->n_fired = work->run.n_fired + work->psa.n_fired;
    if (cluster_rank() == 0) {
        char reason[1024];
        snprintf(reason, sizeof reason, "%s", popgx_err_detail());
        run_request_t shown = *request;
        if (err) shown.output = NULL;
        if (err != POPGX_E_STOPPED) print_err = tally_conceal(&work->tally, (double)request->min_cell);
        if (err != POPGX_E_STOPPED && !print_err) print_err = print_results(&shown, work, facts);
        if (err) return err_set(err, "%s", reason);
    }
    return err ? err : print_err;
}

/* On rank 0: nothing is simulated, so there is nothing to share. */
static popgx_err_t print_expected(const run_request_t *request, const work_t *work, double started)
{
    expected_t expected;
    popgx_err_t err = expected_run(&work->model, &expected);

    if (err) return err;
    if (request->is_json) err = json_print(expected_json(&expected, request->model_path, monotonic_seconds() - started));
    else expected_print_text(&expected, stdout);
    expected_release(&expected);
    return err;
}

/* --resume of a run that is complete already: its results once more. Rank 0. */
static popgx_err_t load_complete(const run_request_t *request, work_t *work)
{
    popgx_err_t err;
    stored_t *stored = NULL;

    TRY(stored_open(request->output, &stored));
    TRY(tally_init(&work->tally, &work->model, RUN_BLOCK_PEOPLE));
    TRY(stored_sums(stored, &work->tally));
    work->run.n_fired = stored_facts(stored)->n_fired;
out:
    stored_close(stored);
    return err;
}

static popgx_err_t simulate_base(const run_request_t *request, work_t *work, int threads)
{
    if (work->store && store_state(work->store).is_complete) return cluster_agree(cluster_rank() == 0 ? load_complete(request, work) : POPGX_OK);
    if (work->store) tell_state(request, work);
    return simulate(request, work, threads);
}

/* With --until: the people of a step that are not simulated yet, on top of those before. Collective. */
static popgx_err_t simulate_step(const run_request_t *request, work_t *work, int threads, uint64_t before, uint64_t people)
{
    const block_range_t todo = {.first = before / RUN_BLOCK_PEOPLE, .count = (people - 1) / RUN_BLOCK_PEOPLE + 1 - before / RUN_BLOCK_PEOPLE};
    run_settings_t settings = {.patients = people, .seed = request->seed, .threads = threads, .todo = &todo, .n_todo = 1};
    const run_report_t sofar = work->run;
    popgx_err_t err;

    for (int32_t i = 0; cluster_rank() != 0 && i < work->tally.layout.n_sums; i++) work->tally.sums[i] = 0; /* one rank brings what was before */
    TRY(work->store ? simulate_stoppable(request, work, &settings) : run_simulate(&work->model, &settings, &work->tally, &work->run));
    work->run.n_fired += sofar.n_fired;
    work->run.seconds += sofar.seconds;
out:
    return err;
}

static double look_at(const run_request_t *request, const work_t *work, const until_t *wanted, uint64_t people, run_until_t *until)
{
    const double ratio = until_ratio(wanted, &work->tally);

    if (!request->is_quiet && cluster_rank() == 0)
        fprintf(stderr, "popgx run: %s people: the standard error is %.3g of what is wanted\n", number_count(people).text, ratio);
    *until = (run_until_t){.wanted = request->until, .patients = people, .needed = (uint64_t)ceil((double)people * ratio * ratio), .is_reached = ratio < 1};
    return ratio;
}

/* As many people as the precision takes, or as --patients allows: those whose blocks are not whole are the last. Collective. */
static popgx_err_t take_steps(const run_request_t *request, work_t *work, int threads, const until_t *wanted, uint64_t people, uint64_t most)
{
    uint64_t before = 0;
    popgx_err_t err;

    TRY(cluster_agree(tally_init(&work->tally, &work->model, RUN_BLOCK_PEOPLE)));
    for (;;) {
        TRY(simulate_step(request, work, threads, before, people));
        const double ratio = look_at(request, work, wanted, people, &work->until);
        if (ratio < 1 || people >= most || people % RUN_BLOCK_PEOPLE != 0) break;
        before = people;
        people = until_next(people, ratio, RUN_BLOCK_PEOPLE);
        if (people > most) people = most;
        if (work->store) TRY(store_grow(work->store, people));
    }
out:
    return err;
}

/* People come in whole lots. */
static popgx_err_t settle_lots(const work_t *work, run_request_t *settled)
{
    const uint64_t asked = settled->until && !settled->patients ? UNTIL_MOST_PATIENTS : base_patients(settled);
    uint64_t whole;
    popgx_err_t err = cluster_agree(people_in_whole_lots(&work->model, asked, &whole));

    if (err || whole == asked) return err;
    settled->patients = whole;
    if (!settled->is_quiet && !settled->until && cluster_rank() == 0)
        fprintf(stderr, "popgx run: %s people, which are whole lots\n", number_count(whole).text);
    return POPGX_OK;
}

/* Collective. `settled` becomes what was asked for, of the people who were enough. */
static popgx_err_t reach(const run_request_t *request, work_t *work, int threads, run_request_t *settled)
{
    const uint64_t most = request->patients ? request->patients : UNTIL_MOST_PATIENTS;
    const uint64_t first = until_first(&work->model);
    uint64_t people = most < first ? most : first;
    until_t wanted;
    popgx_err_t err;

    if (request->draws > 0) return FAIL(INPUT, "--until is about the base case: leave --draws to a run of its own");
    TRY(cluster_agree(until_parse(request->until, &work->model, &wanted)));
    settled->patients = people;
    if (request->output) TRY(open_store(settled, work, threads));
    if (work->store) people = store_state(work->store).n_patients;
    if (work->store && store_state(work->store).is_complete) {
        TRY(cluster_agree(cluster_rank() == 0 ? load_complete(request, work) : POPGX_OK));
        if (cluster_rank() == 0) (void)look_at(request, work, &wanted, people, &work->until);
    } else {
        if (work->store) tell_state(request, work);
        TRY(take_steps(request, work, threads, &wanted, people, most));
        people = work->until.patients;
    }
    settled->patients = people;
out:
    return err;
}

static popgx_err_t run(const run_request_t *asked, work_t *work, double started)
{
    popgx_err_t err;
    run_request_t settled, *request = &settled;
    int threads = threads_choose(asked->threads);

    TRY(cluster_agree(check_isa()));
    TRY(cluster_agree(name_list_parse(asked->strategies, &work->strategies)));
    TRY(model_input_open(asked->model_path, &work->strategies, &work->input, &work->model, &work->report));
    if (asked->by) TRY(cluster_agree(subgroups_ask(&work->model, "--by", asked->by)));
    TRY(cluster_agree(subgroups_check_size(&work->model)));
    TRY(cluster_agree(report_option(asked->report, &work->model)));
    TRY(cluster_agree(people_option(asked->people, &work->model)));
    settled = *asked;
    TRY(settle_lots(work, &settled));
    const run_request_t whole = settled;
    if (request->is_expected) return cluster_agree(cluster_rank() == 0 ? print_expected(request, work, started) : POPGX_OK);
    const psa_request_t draws = draws_of(request, threads);
    if (request->draws > 0) TRY(cluster_agree(cluster_rank() == 0 ? psa_check(&draws, &work->model, &work->report) : POPGX_OK));
    if (request->output && !request->until) TRY(open_store(request, work, threads));
    TRY(request->until ? reach(&whole, work, threads, &settled) : simulate_base(request, work, threads));
    work->is_base_done = true;
    if (request->draws > 0) TRY(simulate_draws(request, work, threads));
    run_facts_t facts = {
        .model_path = request->model_path, .isa = kernels_isa(), .patients = base_patients(request), .seed = request->seed,
        .ranks = cluster_ranks(), .threads = threads, .psa = request->draws > 0 ? &work->psa : NULL,
        .until = request->until ? &work->until : NULL,
    };
    if (request->part.of > 0) {
        facts.part = request->part;
        facts.patients = store_state(work->store).n_patients;
        facts.first_patient = store_state(work->store).first_patient;
    }
    TRY(finish(request, work, &facts, started));
out:
    return err;
}

/* After an accident: what is on the disk need not be simulated again. */
static popgx_err_t add_hint(const run_request_t *request, popgx_err_t err)
{
    char detail[1024], manifest[1024];

    if (!request->output || (err != POPGX_E_IO && err != POPGX_E_NOMEM)) return err;
    snprintf(manifest, sizeof manifest, "%s.d/manifest.json", request->output);
    if (access(manifest, F_OK) != 0) return err;
    snprintf(detail, sizeof detail, "%s", popgx_err_detail());
    return err_set(err, "%.800s; what was simulated is kept in %.150s.d, and --resume goes on with it", detail, request->output);
}

static void work_release(work_t *work, popgx_err_t err)
{
    if (work->stop_file) stopping_end();
    free(work->stop_file);
    store_free(work->store, !work->is_base_done && (err == POPGX_E_RANGE || err == POPGX_E_INPUT));
    tally_release(&work->tally);
    psa_run_release(&work->psa);
    model_input_close(&work->input);
    free(work->sources);
    model_release(&work->model);
    spec_report_release(&work->report);
    name_list_release(&work->strategies);
}

popgx_err_t cmd_run(int argc, char **argv)
{
    const double started = monotonic_seconds();
    run_request_t request;
    work_t work = {0};

    popgx_err_t err = cluster_agree(run_request_parse(&request, argc, argv, started));
    if (!err && request.model_path) err = run(&request, &work, started);
    work_release(&work, err);
    run_request_release(&request);
    return add_hint(&request, err);
}
