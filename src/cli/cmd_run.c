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
#include "cli/command_line.h"
#include "cli/expected_print.h"
#include "cli/json.h"
#include "cli/machine.h"
#include "cli/model_input.h"
#include "cli/options.h"
#include "cli/people_option.h"
#include "cli/privacy.h"
#include "cli/progress.h"
#include "cli/report_option.h"
#include "cli/report_print.h"
#include "cli/numbers.h"
#include "cli/results_print.h"
#include "cli/run_part.h"
#include "cli/run_psa.h"
#include "cli/shared_options.h"
#include "cli/until.h"
#include "cli/stopping.h"
#include "cli/threads.h"
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

/* What was asked for. */
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
} request_t;

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

static popgx_err_t parse_request(request_t *request, int argc, char **argv)
{
    const option_t options[] = {
        {"output", 'o', OPTION_TEXT, &request->output, "RUN.h5", "store the run in this HDF5 file (default: nothing is stored)"},
        {"patients", 'n', OPTION_COUNT, &request->patients, "N", "people to simulate, e.g. 250000, 1e6 or 10M (default 100,000)"},
        {"until", 0, OPTION_TEXT, &request->until, "ERROR",
         "as many people as this standard error takes, e.g. 'nmb.se < 5' or 'qaly.se < 1 %' (nmb, cost, qaly, life_years); --patients is the limit"},
        {"people", 0, OPTION_TEXT, &request->people, "HOW",
         "how people are drawn: independent (default), antithetic (pairs) or lattice (lots of 1,024); see docs/performance.md"},
        {"draws", 0, OPTION_COUNT, &request->draws, "D", "draw the parameters D times: a probabilistic analysis in addition to the base case"},
        {"design", 0, OPTION_TEXT, &request->design, "HOW", "how the draws are spread: random, latin (Latin hypercube) or sobol (default: random)"},
        {"memory", 0, OPTION_COUNT, &request->memory, "BYTES", "memory that the draws may take per rank, e.g. 2G (default: half of what the machine has)"},
        {"part", 0, OPTION_TEXT, &request->part_text, "K/N", "only the K-th of N parts of the people and draws, e.g. 3/8; `popgx merge` joins the parts"},
        SEED_OPTION(&request->seed),
        THREADS_OPTION(&request->threads),
        STRATEGIES_OPTION(&request->strategies),
        BY_OPTION(&request->by),
        {"trajectories", 0, OPTION_TEXT, &request->trajectories, "WHICH",
         "whose trajectories to store: none, sample:FRACTION or all (default: none)"},
        REPORT_OPTION(&request->report),
        {"expected", 0, OPTION_FLAG, &request->is_expected, NULL, "models in cycles: the expected values and the cohort trace, without simulation"},
        {"resume", 0, OPTION_FLAG, &request->is_resumed, NULL, "continue an interrupted run; begin if there is none"},
        {"time-limit", 0, OPTION_TEXT, &request->time_limit, "TIME", "stop after 90s, 45m, 2h or 1:30:00, to be resumed (exit status 75)"},
        {"compress", 0, OPTION_TEXT, &request->compress, "HOW",
         "how trajectories are compressed: gzip (default), zstd (readers other than popgx need HDF5's zstd plugin) or none"},
        SHARDS_OPTION(&request->shards),
        PRIVACY_OPTION(&request->min_cell),
        FORCE_OPTION(&request->is_forced),
        JSON_OPTION(&request->is_json),
        CSV_OPTION(&request->is_csv),
        QUIET_OPTION(&request->is_quiet),
    };
    const usage_t usage = {
        "run", "MODEL",
        "Simulates the people of a model one by one, each of them under every strategy with the same luck. Prints costs,\n"
        "QALYs and life years with their Monte Carlo standard errors, and the incremental analysis. The same seed gives\n"
        "the same results to the last bit on any number of ranks and threads.\n"
        "\n"
        "A run with an output can be interrupted by ^C, by the signals TERM, HUP and USR1, by a file named RUN.h5.d/stop,\n"
        "by a time limit or by an accident, and --resume continues it to the same results. The exit status of a run that\n"
        "stopped early and can be resumed is 75.",
        "  popgx run model.yaml\n"
        "  popgx run model.yaml --patients 10M -o run.h5\n"
        "  popgx run model.yaml --strategies 'no test,reactive test' --json > results.json\n"
        "  popgx run model.yaml -o run.h5 --trajectories sample:0.01\n"
        "  popgx run model.yaml --by 'ancestry,sex x ancestry,observed CYP2C19 x CYP2C19'\n"
        "  popgx run model.yaml --draws 10000\n"
        "  popgx run model.yaml --report years,events\n"
        "  popgx run model.yaml --until 'nmb.se < 5'\n"
        "  popgx run model.yaml --until 'nmb.se < 5' --people lattice\n"
        "  popgx run model.yaml --patients 10M --draws 1000 --part 3/8 -o part-3.h5\n"
        "  popgx run model.yaml --patients 330M -o run.h5 --time-limit 2h --resume\n"
        "  mpirun -n 64 popgx run model.yaml --patients 330M --threads 1 -o run.h5\n",
        options, sizeof options / sizeof *options};

    return options_parse(&usage, argc, argv, &request->model_path);
}

static popgx_err_t parse_trajectories(request_t *request)
{
    const char *text = request->trajectories;

    if (strcmp(text, "none") == 0) request->sample = 0;
    else if (strcmp(text, "all") == 0) request->sample = 1;
    else {
        const bool is_sample = strncmp(text, "sample:", 7) == 0 && number_parse_real(text + 7, &request->sample);
        if (!is_sample || !(request->sample > 0 && request->sample <= 1))
            return FAIL(INPUT, "--trajectories '%s': write none, sample:FRACTION with a fraction such as 0.01, or all", text);
    }
    if (request->sample > 0 && !request->output)
        return FAIL(INPUT, "--trajectories %s needs an output to store them in: add -o RUN.h5", text);
    if (request->is_expected && request->part_text) return FAIL(INPUT, "--expected works out everything at once: leave --part out");
    if (request->is_expected && request->output) return FAIL(INPUT, "--expected prints its results: leave -o out");
    if (request->is_expected && request->people) return FAIL(INPUT, "--expected draws nobody: leave --people out");
    if (request->draws > 0 && request->people) return FAIL(INPUT, "--people is about the base case alone: leave --draws to a run of its own");
    if (request->is_expected && request->draws > 0) return FAIL(INPUT, "--expected works out the base case: leave --draws out");
    return psa_design_parse(request->design, &request->spread);
}

static popgx_err_t parse_output(request_t *request, double started)
{
    popgx_err_t err = POPGX_OK;
    double seconds;

    if (request->is_forced && !request->output) return FAIL(INPUT, "--force replaces an output: add -o RUN.h5");
    if (request->is_resumed && !request->output) return FAIL(INPUT, "--resume goes on with an output: add -o RUN.h5");
    if (request->time_limit && !request->output)
        return FAIL(INPUT, "--time-limit needs an output, in which what was done is kept: add -o RUN.h5");
    if (codec_parse(request->compress, &request->codec) != POPGX_OK)
        return FAIL(INPUT, "--compress '%s': there are gzip, zstd and none", request->compress);
    TRY(run_part_parse(request->part_text, &request->part));
    if (request->draws > 0 && request->part.of > request->draws)
        return FAIL(INPUT, "--part %s: some parts would have no draw: %llu draws make at most %llu parts", request->part_text,
                    (unsigned long long)request->draws, (unsigned long long)request->draws);
    if (request->part_text && !request->output) return FAIL(INPUT, "--part %s needs an output for the part: add -o PART.h5", request->part_text);
    if (request->part_text && request->until) return FAIL(INPUT, "--part %s: the number of people must be known beforehand: leave --until out", request->part_text);
    if (request->shards > STORE_MOST_SHARDS) return FAIL(INPUT, "--shards %llu: at most %d", (unsigned long long)request->shards, STORE_MOST_SHARDS);
    if (request->time_limit) {
        TRY(stopping_parse_duration(request->time_limit, &seconds));
        request->deadline = started + seconds;
    }
out:
    return err;
}

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
static uint64_t base_patients(const request_t *request) { return request->patients ? request->patients : USUAL_PATIENTS; }

/* From here on a wish to stop is heard. */
static void listen(const request_t *request, work_t *work)
{
    stopping_start(&work->stopping, request->deadline, cluster_rank() == 0 ? work->stop_file : NULL);
}

static popgx_err_t open_store(const request_t *request, work_t *work, int threads)
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
static void tell_state(const request_t *request, const work_t *work)
{
    const store_state_t state = store_state(work->store);

    if (request->is_quiet || cluster_rank() != 0) return;
    if (state.n_done > 0)
        fprintf(stderr, "popgx run: resumed: %.4g %% of the people were simulated before\n", 100 * share_done(&state));
    if (request->sample > 0 && !request->until)
        fprintf(stderr, "popgx run: about %s will be stored\n", number_bytes(state.predicted_bytes).text);
}

/* How to go on, for whoever reads the log of a job. */
static popgx_err_t tell_stopped(const request_t *request, const work_t *work)
{
    const store_state_t state = store_state(work->store);

    if (state.n_done == 0)
        return FAIL(STOPPED, "stopped by %s before the first %s people had lived: nothing is kept; the same command with --resume begins, and needs more time "
                    "than that", stopping_reason(&work->stopping), number_count(state.task_patients).text);
    return FAIL(STOPPED, "stopped by %s: %.4g %% of the people%s are simulated and safe in %s.d; the same command with --resume goes on",
                stopping_reason(&work->stopping), 100 * share_done(&state), request->until ? " to be looked at next" : "", request->output);
}

static popgx_err_t simulate_stoppable(const request_t *request, work_t *work, run_settings_t *settings)
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
static popgx_err_t finish_store(const request_t *request, work_t *work)
{
    popgx_err_t err = store_finish(work->store, &work->tally, &work->run);

    return err == POPGX_E_STOPPED ? cluster_agree(tell_stopped(request, work)) : err;
}

/* The draws of an output that is complete. */
static popgx_err_t load_draws(const request_t *request, const psa_request_t *psa, work_t *work)
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
static popgx_err_t simulate_stoppable_draws(const request_t *request, work_t *work, psa_request_t *psa)
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

static psa_request_t draws_of(const request_t *request, int threads)
{
    return (psa_request_t){.draws = request->draws, .range = run_part_draws(&request->part, request->draws), .design = request->spread,
                           .patients = request->patients, .seed = request->seed, .threads = threads,
                           .memory = request->memory ? request->memory : machine_half_of_memory(), .is_quiet = request->is_quiet};
}

static popgx_err_t simulate_draws(const request_t *request, work_t *work, int threads)
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

static popgx_err_t simulate(const request_t *request, work_t *work, int threads)
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

static popgx_err_t print_results(const request_t *request, const work_t *work, const run_facts_t *facts)
{
    if (request->is_csv) return report_print_csv(&work->tally, 0, stdout);
    if (request->is_json) return json_print(results_json(&work->tally, facts));
    results_print_text(&work->tally, facts, stdout);
    if (request->output) printf("\nstored in %s%s%s\n", request->output, work->store && store_written_bytes(work->store) ? ", " : "",
                                work->store && store_written_bytes(work->store) ? number_bytes(store_written_bytes(work->store)).text : "");
    return POPGX_OK;
}

/* A result that could not be stored is printed all the same: the simulation may have taken hours. */
static popgx_err_t finish(const request_t *request, work_t *work, run_facts_t *facts, double started)
{
    popgx_err_t print_err = POPGX_OK, err = machine_peak_memory(&facts->peak_rss_bytes);

    if (err) return err;
    facts->seconds = monotonic_seconds() - started;
    if (work->store && !store_state(work->store).is_complete) err = finish_store(request, work);
    facts->n_fired = work->run.n_fired + work->psa.n_fired;
    if (cluster_rank() == 0) {
        char reason[1024];
        snprintf(reason, sizeof reason, "%s", popgx_err_detail());
        request_t shown = *request;
        if (err) shown.output = NULL;
        if (err != POPGX_E_STOPPED) print_err = tally_conceal(&work->tally, (double)request->min_cell);
        if (err != POPGX_E_STOPPED && !print_err) print_err = print_results(&shown, work, facts);
        if (err) return err_set(err, "%s", reason);
    }
    return err ? err : print_err;
}

/* On rank 0: nothing is simulated, so there is nothing to share. */
static popgx_err_t print_expected(const request_t *request, const work_t *work, double started)
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
static popgx_err_t load_complete(const request_t *request, work_t *work)
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

static popgx_err_t simulate_base(const request_t *request, work_t *work, int threads)
{
    if (work->store && store_state(work->store).is_complete) return cluster_agree(cluster_rank() == 0 ? load_complete(request, work) : POPGX_OK);
    if (work->store) tell_state(request, work);
    return simulate(request, work, threads);
}

/* With --until: the people of a step that are not simulated yet, on top of those before. Collective. */
static popgx_err_t simulate_step(const request_t *request, work_t *work, int threads, uint64_t before, uint64_t people)
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

static double look_at(const request_t *request, const work_t *work, const until_t *wanted, uint64_t people, run_until_t *until)
{
    const double ratio = until_ratio(wanted, &work->tally);

    if (!request->is_quiet && cluster_rank() == 0)
        fprintf(stderr, "popgx run: %s people: the standard error is %.3g of what is wanted\n", number_count(people).text, ratio);
    *until = (run_until_t){.wanted = request->until, .patients = people, .needed = (uint64_t)ceil((double)people * ratio * ratio), .is_reached = ratio < 1};
    return ratio;
}

/* As many people as the precision takes, or as --patients allows: those whose blocks are not whole are the last. Collective. */
static popgx_err_t take_steps(const request_t *request, work_t *work, int threads, const until_t *wanted, uint64_t people, uint64_t most)
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
static popgx_err_t settle_lots(const work_t *work, request_t *settled)
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
static popgx_err_t reach(const request_t *request, work_t *work, int threads, request_t *settled)
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

static popgx_err_t run(const request_t *asked, work_t *work, double started)
{
    popgx_err_t err;
    request_t settled, *request = &settled;
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
    const request_t whole = settled;
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
static popgx_err_t add_hint(const request_t *request, popgx_err_t err)
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
    double started = monotonic_seconds();
    request_t request = {.seed = 1, .min_cell = PRIVACY_MINIMUM, .trajectories = "none", .compress = "gzip", .design = "random"};
    work_t work = {0};

    popgx_err_t err = command_line_join(argc, argv, &request.command); /* before the options are put in another order */
    if (!err) err = parse_request(&request, argc, argv);
    if (!err && request.model_path) err = parse_trajectories(&request);
    if (!err && request.model_path) err = parse_output(&request, started);
    err = cluster_agree(err);
    if (!err && request.model_path) err = run(&request, &work, started);
    work_release(&work, err);
    free(request.command);
    return add_hint(&request, err);
}
