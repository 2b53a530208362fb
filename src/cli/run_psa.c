/*
 * Plans a probabilistic analysis before anything is simulated (every draw compiles, memory suffices), finds out from a pilot
 * how many people a draw should have if nobody says so, and simulates it. Rank 0 keeps the results.
 */
#include "cli/run_psa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/numbers.h"
#include "cli/progress.h"
#include "cluster/cluster.h"
#include "core/memory.h"
#include "core/monotonic.h"
#include "store/draws_journal.h"

enum { PILOT_DRAWS = 100, PILOT_PATIENTS = 500 };

/* People x strategies that a thread simulates before the first record in the journal; from then on there is one every few seconds. */
#define PEOPLE_OF_A_WAVE 1e6
#define SECONDS_OF_A_WAVE 2.0

/* What a QALY is worth where the model does not say, to weigh costs against QALYs in the pilot. */
#define USUAL_THRESHOLD 50000.0

static const char *const DESIGNS[] = {[DESIGN_RANDOM] = "random", [DESIGN_LATIN] = "latin", [DESIGN_SOBOL] = "sobol"};
enum { N_DESIGNS = sizeof DESIGNS / sizeof *DESIGNS };

const char *psa_design_name(draw_design_t design) { return DESIGNS[design]; }

popgx_err_t psa_design_parse(const char *text, draw_design_t *out)
{
    for (int i = 0; i < N_DESIGNS; i++) {
        if (strcmp(text, DESIGNS[i]) != 0) continue;
        *out = (draw_design_t)i;
        return POPGX_OK;
    }
    return FAIL(INPUT, "--design '%s': there are random, latin (Latin hypercube) and sobol", text);
}

/* ---- models ---- */

static int compare_names(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

const char **psa_sorted_names(char *const *names, size_t n)
{
    const char **sorted = memory_resize(NULL, n + 1, sizeof *sorted);

    for (size_t i = 0; i < n; i++) sorted[i] = names[i];
    qsort(sorted, n, sizeof *sorted, compare_names);
    return sorted;
}

static void keep_names(psa_run_t *run, const spec_report_t *report)
{
    run->n_parameters = report->n_uncertain;
    run->names = memory_resize(NULL, report->n_uncertain + 1, sizeof *run->names);
    run->units = memory_resize(NULL, report->n_uncertain + 1, sizeof *run->units);
    for (size_t i = 0; i < report->n_uncertain; i++) {
        run->names[i] = strcpy(memory_resize(NULL, strlen(report->uncertain[i].name) + 1, 1), report->uncertain[i].name);
        run->units[i] = strcpy(memory_resize(NULL, strlen(report->uncertain[i].unit) + 1, 1), report->uncertain[i].unit);
    }
}

/* Rank 0. */
static popgx_err_t compile_models(const psa_request_t *request, const model_t *model, const model_input_t *input, const spec_report_t *report,
                                  block_range_t range, psa_run_t *run, models_t *models)
{
    popgx_err_t err;
    draws_t draws = {0};

    if (!run->names) keep_names(run, report);
    const char **sorted = psa_sorted_names(run->names, report->n_uncertain);
    TRY(draws_init(&draws, request->seed, request->draws, request->design, sorted, report->n_uncertain));
    TRY(models_compile(models, model, input->spec, report, &draws, range, request->threads, request->is_stop_wanted, request->stop_context));
out:
    draws_release(&draws);
    free(sorted);
    return err;
}

/* What the largest rank needs, before any of it is taken. */
popgx_err_t psa_check(const psa_request_t *request, const model_t *model, const spec_report_t *report)
{
    uint64_t bytes = psa_bytes(model, request->range.count, report->n_uncertain);

    if (report->n_uncertain == 0)
        return FAIL(INPUT, "--draws %llu: no parameter of the model has a distribution to draw from", (unsigned long long)request->draws);
    if (!request->is_quiet)
        fprintf(stderr, "popgx run: the sums and results of %s draws take %s\n", number_count(request->range.count).text, number_bytes(bytes).text);
    if (bytes <= request->memory) return POPGX_OK;
    return FAIL(RANGE, "%s draws need %s, and --memory allows %s: ask for fewer draws, or allow more", number_count(request->range.count).text,
                number_bytes(bytes).text, number_bytes(request->memory).text);
}

/* ---- simulating ---- */

/* Rank 0: the rows of all draws become results. */
static popgx_err_t take_rows(const models_t *models, const psa_layout_t *layout, const exact_sum_t *rows, psa_t *psa)
{
    popgx_err_t err = POPGX_OK;

    for (uint64_t d = 0; d < psa->n_draws; d++) {
        model_t model;
        TRY(models_get(models, models->first_draw + d, &model));
        err = psa_take(psa, d, &model, layout, rows + d * (uint64_t)layout->n_sums);
        model_release(&model);
        if (err) goto out;
        for (size_t i = 0; i < psa->n_parameters; i++)
            psa->parameters[d * psa->n_parameters + i] = models->numbers[d * models->n_uncertain + i];
    }
out:
    return err;
}

/* Draws between two records in the journal, to begin with; all at once if there is none. */
static uint64_t draws_of_first_wave(const psa_request_t *request, const model_t *model, uint64_t n_draws, uint64_t patients)
{
    double workers = (double)request->threads * cluster_ranks(), people = (double)patients * model->n_strategies;
    uint64_t wave = (uint64_t)(PEOPLE_OF_A_WAVE * workers / people) + 1;

    return request->journal && wave < n_draws ? wave : n_draws;
}

/* Collective: as many draws as take some SECONDS_OF_A_WAVE, if the last wave took `seconds`: what a stop loses. */
static popgx_err_t adapt_wave(double seconds, uint64_t *wave)
{
    const double factor = seconds > SECONDS_OF_A_WAVE / 4 ? SECONDS_OF_A_WAVE / seconds : 4;

    *wave = cluster_rank() == 0 ? (uint64_t)((double)*wave * factor) + 1 : 0;
    return cluster_most(wave);
}

/* Rank 0. */
static popgx_err_t open_journal(const psa_request_t *request, const models_t *models, uint64_t n_draws, uint64_t patients, size_t n_sums,
                                exact_sum_t *rows, uint64_t *n_done, draws_journal_t **out)
{
    uint64_t fingerprint[2];

    models_hash(models, fingerprint);
    fingerprint[0] ^= request->seed * 0x9e3779b97f4a7c15ull;
    fingerprint[1] ^= patients;
    popgx_err_t err = draws_journal_open(request->journal, fingerprint, request->is_resumed, n_draws, n_sums, rows, n_done, out);
    if (!err && *n_done > 0 && !request->is_quiet)
        fprintf(stderr, "popgx run: resumed: %s of %s draws were simulated before\n", number_count(*n_done).text, number_count(n_draws).text);
    return err;
}

/* The progress of one wave as that of all. */
typedef struct {
    progress_t progress;
    double before, share;       /* of all draws: done, and in the wave */
} wave_progress_t;

static void show_wave(void *context, double share)
{
    wave_progress_t *wave = context;
    progress_show(&wave->progress, wave->before + share * wave->share);
}

/* Collective. All draws of `models` but the first n_done, wave after wave. */
static popgx_err_t simulate_waves(const psa_request_t *request, const model_t *model, const models_t *models, uint64_t n_draws, uint64_t patients,
                                  uint64_t n_done, exact_sum_t *rows, draws_journal_t *journal, uint64_t *n_fired)
{
    const psa_layout_t layout = psa_layout(model);
    uint64_t wave = draws_of_first_wave(request, model, n_draws, patients);
    wave_progress_t progress;
    popgx_err_t err = POPGX_OK;

    progress_start(&progress.progress, "run", n_draws * patients);
    for (uint64_t n; n_done < n_draws && !err; n_done += n) {
        const double started = monotonic_seconds();
        n = n_draws - n_done < wave ? n_draws - n_done : wave;
        exact_sum_t *of_wave = rows + n_done * (uint64_t)layout.n_sums;
        psa_settings_t settings = {.first_draw = models->first_draw + n_done, .n_draws = n, .patients = patients, .seed = request->seed, .threads = request->threads,
                                   .is_stop_wanted = request->is_stop_wanted, .stop_context = request->stop_context,
                                   .progress = !request->is_quiet && cluster_rank() == 0 ? show_wave : NULL, .progress_context = &progress};
        progress.before = (double)n_done / (double)n_draws;
        progress.share = (double)n / (double)n_draws;
        err = psa_simulate(models, &settings, &layout, of_wave, n_fired);
        if (err == POPGX_E_STOPPED) err = err_set(err, "%s of %s draws are simulated", number_count(n_done).text, number_count(n_draws).text);
        if (!err) err = cluster_agree(journal ? draws_journal_append(journal, of_wave, n) : POPGX_OK);
        if (!err && request->journal) err = adapt_wave(monotonic_seconds() - started, &wave);
    }
    progress_end(&progress.progress);
    return err;
}

/* Collective. The first `n_draws` draws of `models` with `patients` people each; on rank 0 `psa` has the results. */
static popgx_err_t simulate(const psa_request_t *request, const model_t *model, const models_t *models, uint64_t n_draws, uint64_t patients,
                            psa_t *psa, uint64_t *n_fired)
{
    const psa_layout_t layout = psa_layout(model);
    const bool is_first = cluster_rank() == 0;
    draws_journal_t *journal = NULL;
    uint64_t n_done = 0;
    exact_sum_t *rows = calloc(n_draws, (size_t)layout.n_sums * sizeof *rows);
    popgx_err_t err = POPGX_OK;

    TRY(cluster_agree(rows ? POPGX_OK : FAIL(NOMEM, "no memory for the sums of %llu draws", (unsigned long long)n_draws)));
    if (is_first && request->journal) err = open_journal(request, models, n_draws, patients, (size_t)layout.n_sums, rows, &n_done, &journal);
    TRY(cluster_agree(err));
    TRY(cluster_most(&n_done));         /* which rank 0 alone knows */
    TRY(simulate_waves(request, model, models, n_draws, patients, n_done, rows, journal, n_fired));
    if (cluster_rank() == 0) {
        err = psa_init(psa, model, n_draws, patients, models->n_uncertain);
        if (!err) err = take_rows(models, &layout, rows, psa);
    }
    TRY(cluster_agree(err));
out:
    draws_journal_close(journal);
    free(rows);
    return err;
}

static uint64_t pilot_draws(const psa_request_t *request) { return request->draws < PILOT_DRAWS ? request->draws : PILOT_DRAWS; }

/* Collective: the same number on all ranks, and for all parts of a run. */
static popgx_err_t choose_patients(const psa_request_t *request, const model_t *model, const models_t *models, uint64_t *patients)
{
    psa_t pilot = {0};
    uint64_t n_fired = 0;
    psa_request_t quiet = *request;
    popgx_err_t err;

    quiet.is_quiet = true;
    quiet.journal = NULL;
    TRY(simulate(&quiet, model, models, pilot_draws(request), PILOT_PATIENTS, &pilot, &n_fired));
    const model_span_t thresholds = model->settings.thresholds;
    *patients = cluster_rank() == 0 ? psa_best_patients(&pilot, thresholds.count > 0 ? model->reals[thresholds.first] : USUAL_THRESHOLD) : 0;
    TRY(cluster_most(patients));
out:
    psa_release(&pilot);
    return err;
}

/* Collective. The pilot is of the first draws of all, so that every part chooses the same. */
static popgx_err_t choose_for_part(const psa_request_t *request, const model_t *model, const model_input_t *input, const spec_report_t *report,
                                   psa_run_t *run, uint64_t *patients)
{
    models_t models = {0};
    const block_range_t first = {1, pilot_draws(request)};
    popgx_err_t err;

    TRY(cluster_agree(cluster_rank() == 0 ? compile_models(request, model, input, report, first, run, &models) : POPGX_OK));
    TRY(models_share(&models, model));
    TRY(choose_patients(request, model, &models, patients));
out:
    models_release(&models);
    return err;
}

popgx_err_t psa_run(const psa_request_t *request, const model_t *model, const model_input_t *input, const spec_report_t *report, psa_run_t *out)
{
    models_t models = {0};
    uint64_t patients = request->patients;
    double started = monotonic_seconds();
    bool is_first = cluster_rank() == 0;
    popgx_err_t err;

    *out = (psa_run_t){.first_draw = request->range.first, .all_draws = request->draws, .is_chosen = patients == 0, .design = request->design};
    if (patients == 0 && request->range.count < request->draws) TRY(choose_for_part(request, model, input, report, out, &patients));
    TRY(cluster_agree(is_first ? compile_models(request, model, input, report, request->range, out, &models) : POPGX_OK));
    TRY(models_share(&models, model));
    if (patients == 0) TRY(choose_patients(request, model, &models, &patients));
    TRY(simulate(request, model, &models, request->range.count, patients, &out->psa, &out->n_fired));
    if (is_first) {
        psa_checksum(&out->psa, out->checksum);
        err = psa_figure_init(&out->figure, &out->psa);
    }
    TRY(cluster_agree(err));
    out->seconds = monotonic_seconds() - started;
out:
    models_release(&models);
    return err;
}

popgx_err_t psa_run_of_answer(const psa_request_t *request, answer_t *answer, psa_run_t *out)
{
    const psa_t *psa = &answer->psa;

    *out = (psa_run_t){.first_draw = request->range.first, .all_draws = request->draws, .is_chosen = request->patients == 0, .design = request->design};
    if (psa->n_draws != request->range.count || (request->patients && psa->patients != request->patients))
        return FAIL(INPUT, "the run is complete, with %s draws of %s people: --force makes it anew with others", number_count(psa->n_draws).text,
                    number_count(psa->patients).text);
    out->psa = answer->psa;
    out->names = answer->names;
    out->units = answer->units;
    out->n_parameters = psa->n_parameters;
    answer->psa = (psa_t){0};
    answer->names = answer->units = NULL;
    psa_checksum(&out->psa, out->checksum);
    return psa_figure_init(&out->figure, &out->psa);
}

void psa_run_release(psa_run_t *run)
{
    for (size_t i = 0; i < run->n_parameters; i++) {
        free(run->names[i]);
        free(run->units[i]);
    }
    free(run->names);
    free(run->units);
    psa_figure_release(&run->figure);
    psa_release(&run->psa);
    *run = (psa_run_t){0};
}
