/* Compiles variants on rank 0, where libm may run, sends them to all ranks and simulates them one after the other. */
#include "cli/variants.h"

#include <math.h>
#include <stdlib.h>

#include "cluster/run.h"

enum { MOST_STEPS = 60 };

static popgx_err_t compile_variant(const variants_t *v, const char *scenario, const spec_change_t *changes, size_t n, model_t *model)
{
    diagnostics_t *diag = diag_new();
    popgx_err_t err = spec_compile_variant(v->input->spec, scenario, changes, n, diag, model, NULL);

    if (err) diag_print(diag, stderr);
    diag_free(diag);
    return err;
}

static void show_share(void *context, double share)
{
    variants_t *v = context;
    progress_show(&v->progress, ((double)v->n_done + share) / (double)v->n_planned);
}

/* The strategy of this name; scenarios may put others beside it. */
static popgx_err_t find_strategy(const model_t *m, const char *name, int32_t *out)
{
    *out = model_find_strategy(m, name);
    return *out == MODEL_NONE ? FAIL(INPUT, "there is no strategy '%s'", name) : POPGX_OK;
}

static popgx_err_t read_result(const variants_t *v, const tally_t *tally, variant_result_t *out)
{
    const model_t *m = tally->model;
    int32_t strategy, comparator;
    double most = -INFINITY;
    popgx_err_t err;

    TRY(find_strategy(m, v->strategy, &strategy));
    TRY(find_strategy(m, v->comparator, &comparator));
    out->cost = results_difference(tally, strategy, comparator, m->settings.cost);
    out->qaly = results_difference(tally, strategy, comparator, m->settings.qaly);
    out->nmb = results_nmb_difference(tally, strategy, comparator, v->wtp);
    out->icer = results_comparison(tally, strategy, comparator).icer;
    out->best = MODEL_NONE;
    for (int32_t s = 0; s < m->n_strategies; s++) {
        double nmb = v->wtp * results_outcome(tally, s, m->settings.qaly).mean - results_outcome(tally, s, m->settings.cost).mean;
        if (!(nmb > most)) continue;
        most = nmb;
        out->best = model_find_strategy(v->base, model_strategy_name(m, s));
    }
out:
    return err;
}

popgx_err_t variants_simulate(variants_t *v, const char *scenario, const spec_change_t *changes, size_t n_changes, variant_result_t *out)
{
    model_t model = {0};
    tally_t tally = {0};
    run_report_t report;
    popgx_err_t err = POPGX_OK;
    run_settings_t settings = {.patients = v->patients, .seed = v->seed, .threads = v->threads};

    if (!v->is_quiet && cluster_rank() == 0) {
        settings.progress = show_share;
        settings.progress_context = v;
    }
    if (cluster_rank() == 0) err = compile_variant(v, scenario, changes, n_changes, &model);
    TRY(cluster_agree(err));
    TRY(model_input_send(&model));
    TRY(cluster_agree(tally_init(&tally, &model, RUN_BLOCK_PEOPLE)));
    TRY(run_simulate(&model, &settings, &tally, &report));
    TRY(cluster_agree(read_result(v, &tally, out)));
    v->n_done++;
out:
    tally_release(&tally);
    model_release(&model);
    return err;
}

static void add_crossing(variant_roots_t *roots, double value, double slope, const variant_result_t *there)
{
    roots->crossings[roots->n++] = (variant_crossing_t){.value = value, .se = slope != 0 ? there->nmb.se / fabs(slope) : 0, .icer = there->icer};
}

/* NMB has different signs at the ends of [at[0], at[1]], where it is nmb[0] and nmb[1]. */
static popgx_err_t solve_piece(variants_t *v, const char *parameter, double at[2], double nmb[2], double tolerance, variant_roots_t *out)
{
    const double slope = (nmb[1] - nmb[0]) / (at[1] - at[0]);
    variant_result_t result;
    bool is_found = false;
    double x = at[0];
    popgx_err_t err = POPGX_OK;

    for (int last = -1, step = 0; step < MOST_STEPS && !is_found; step++) {
        x = (at[0] * nmb[1] - at[1] * nmb[0]) / (nmb[1] - nmb[0]);
        TRY(variants_simulate(v, NULL, &(spec_change_t){parameter, x}, 1, &result));
        out->n_simulated++;
        int side = (result.nmb.mean > 0) == (nmb[0] > 0) ? 0 : 1;
        double moved = fabs(x - at[side]);
        at[side] = x;
        nmb[side] = result.nmb.mean;
        if (side == last) nmb[!side] /= 2;
        last = side;
        /* NMB is a step function of what only shifts events, so a step within the noise is as near as it gets. */
        is_found = result.nmb.mean == 0 || moved <= tolerance || fabs(at[1] - at[0]) <= tolerance || fabs(result.nmb.mean) < 1e-3 * result.nmb.se;
    }
    if (is_found) add_crossing(out, x, slope, &result);
out:
    return err;
}

popgx_err_t variants_solve(variants_t *v, const char *parameter, double low, double high, variant_roots_t *out)
{
    const double tolerance = 1e-9 * fmax(fabs(low), fabs(high)), step = (high - low) / VARIANTS_PIECES;
    variant_result_t result[VARIANTS_PIECES + 1];
    double at[VARIANTS_PIECES + 1];
    popgx_err_t err = POPGX_OK;

    *out = (variant_roots_t){.is_same = true};
    for (int i = 0; i <= VARIANTS_PIECES; i++) {
        at[i] = i == VARIANTS_PIECES ? high : low + i * step;
        TRY(variants_simulate(v, NULL, &(spec_change_t){parameter, at[i]}, 1, &result[i]));
        out->n_simulated++;
        out->is_same = out->is_same && result[i].nmb.mean == 0;
    }
    out->low = result[0];
    out->high = result[VARIANTS_PIECES];
    for (int i = 0; i <= VARIANTS_PIECES && !out->is_same; i++) {
        double here = result[i].nmb.mean, next = i < VARIANTS_PIECES ? result[i + 1].nmb.mean : 0;
        const int a = i > 0 ? i - 1 : 0, b = i < VARIANTS_PIECES ? i + 1 : VARIANTS_PIECES;
        if (here == 0) add_crossing(out, at[i], (result[b].nmb.mean - result[a].nmb.mean) / (at[b] - at[a]), &result[i]);
        else if (here * next < 0) TRY(solve_piece(v, parameter, (double[]){at[i], at[i + 1]}, (double[]){here, next}, tolerance, out));
    }
out:
    return err;
}
