/*
 * The four sensitivity analyses: each plans its variants, simulates them on all ranks (variants.h) and prints what they answer, as a table or
 * as JSON. Owns nothing.
 */
#include "cli/sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/text_table.h"
#include "cluster/cluster.h"
#include "core/memory.h"

enum { MOST_STEPS = 100 };

/* ---- what they have in common ---- */

static const char *strategy_words(const sensitivity_t *work, int32_t s) { return s == MODEL_NONE ? "-" : model_text(&work->model, work->model.strategies[s].name); }

static json_t *result_json(const sensitivity_t *work, const variant_result_t *r)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:s}", "cost", estimate_json(r->cost), "qaly", estimate_json(r->qaly), "nmb", estimate_json(r->nmb), "icer",
                     json_number(r->icer), "best", strategy_words(work, r->best));
}

static json_t *head_json(const sensitivity_t *work, const char *kind)
{
    const variants_t *v = &work->variants;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:o}", "analysis", kind, "model", work->request->model_path, "strategy", v->strategy, "comparator",
                     v->comparator, "wtp", json_number(v->wtp), "patients", (json_int_t)v->patients, "seed", (json_int_t)v->seed, "base",
                     result_json(work, &work->base));
}

static void print_head(const sensitivity_t *work)
{
    const variants_t *v = &work->variants;
    printf("'%s' against '%s', at %s %s per QALY; %s people in every variant\n\n", v->strategy, v->comparator, number_grouped(v->wtp, 0).text,
           model_text(&work->model, work->model.settings.currency), number_count(v->patients).text);
}

static void put_nmb(text_table_t *table, const variant_result_t *r)
{
    int decimals = number_decimals(r->nmb.se, 2);
    text_table_cell(table, "%s", number_grouped(r->nmb.mean, decimals).text);
    text_table_cell(table, "(%s)", number_grouped(r->nmb.se, decimals).text);
}

static void put_icer(text_table_t *table, const variant_result_t *r) { text_table_cell(table, "%s", number_grouped(r->icer, 0).text); }

static void add_result_columns(text_table_t *table, const char *where)
{
    text_table_column(table, ALIGN_RIGHT, "NMB%s", where);
    text_table_column(table, ALIGN_RIGHT, "(SE)");
    text_table_column(table, ALIGN_RIGHT, "ICER%s", where);
}

static popgx_err_t finish_text(text_table_t *table)
{
    table_end(table, stdout);
    return POPGX_OK;
}

/* ---- one way ---- */

typedef struct {
    varied_t varied;
    variant_result_t low, high;
} bar_t;

static double width(const bar_t *bar) { return fabs(bar->high.nmb.mean - bar->low.nmb.mean); }

static int by_width(const void *a, const void *b)
{
    double x = width(a), y = width(b);
    return x == y ? strcmp(((const bar_t *)a)->varied.name, ((const bar_t *)b)->varied.name) : (x < y) - (x > y);
}

static popgx_err_t print_bars_json(const sensitivity_t *work, const bar_t *bars, size_t n)
{
    json_t *root = head_json(work, "one-way"), *list = json_array();

    for (size_t i = 0; i < n; i++) {
        const varied_t *s = &bars[i].varied;
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "parameter", s->name, "unit", s->unit, "value",
                                              json_number(s->number), "low", json_number(s->low), "high", json_number(s->high), "at_low",
                                              result_json(work, &bars[i].low), "at_high", result_json(work, &bars[i].high), "changes_decision",
                                              bars[i].low.best != bars[i].high.best || bars[i].low.best != work->base.best));
    }
    json_object_set_new(root, "parameters", list);
    return json_print(root);
}

static popgx_err_t print_bars(const sensitivity_t *work, const bar_t *bars, size_t n)
{
    text_table_t *table = text_table_new();

    print_head(work);
    text_table_column(table, ALIGN_LEFT, "parameter");
    text_table_column(table, ALIGN_RIGHT, "low");
    text_table_column(table, ALIGN_RIGHT, "high");
    text_table_column(table, ALIGN_LEFT, "unit");
    add_result_columns(table, " at low");
    add_result_columns(table, " at high");
    text_table_column(table, ALIGN_LEFT, "best");
    for (size_t i = 0; i < n; i++) {
        text_table_cell(table, "%s", bars[i].varied.name);
        text_table_cell(table, "%.6g", bars[i].varied.low);
        text_table_cell(table, "%.6g", bars[i].varied.high);
        text_table_cell(table, "%s", bars[i].varied.unit);
        put_nmb(table, &bars[i].low);
        put_icer(table, &bars[i].low);
        put_nmb(table, &bars[i].high);
        put_icer(table, &bars[i].high);
        text_table_cell(table, "%s%s%s", strategy_words(work, bars[i].low.best), bars[i].low.best == bars[i].high.best ? "" : " -> ",
                        bars[i].low.best == bars[i].high.best ? "" : strategy_words(work, bars[i].high.best));
    }
    return finish_text(table);
}

popgx_err_t sensitivity_one_way(sensitivity_t *work)
{
    varied_t *varied = NULL;
    size_t n = 0;
    bar_t *bars = NULL;
    popgx_err_t err = POPGX_OK;

    if (cluster_rank() == 0) err = varied_list(work, &varied, &n);
    TRY(cluster_agree(err));
    TRY(varied_share(&varied, &n));
    bars = memory_resize(NULL, n, sizeof *bars);
    work->variants.n_planned = 1 + 2 * n;
    TRY(variants_simulate(&work->variants, NULL, NULL, 0, &work->base));
    for (size_t i = 0; i < n; i++) {
        bars[i].varied = varied[i];
        TRY(variants_simulate(&work->variants, NULL, &(spec_change_t){varied[i].name, varied[i].low}, 1, &bars[i].low));
        TRY(variants_simulate(&work->variants, NULL, &(spec_change_t){varied[i].name, varied[i].high}, 1, &bars[i].high));
    }
    progress_end(&work->variants.progress);
    qsort(bars, n, sizeof *bars, by_width);
    if (cluster_rank() == 0) err = work->request->is_json ? print_bars_json(work, bars, n) : print_bars(work, bars, n);
out:
    free(bars);
    free(varied);
    return err;
}

/* ---- two ways ---- */

static double grid_point(const varied_t *s, uint64_t i, uint64_t steps) { return s->low + (s->high - s->low) * (double)i / (double)(steps - 1); }

static popgx_err_t print_grid_json(const sensitivity_t *work, const varied_t *pair, uint64_t steps, const variant_result_t *grid)
{
    json_t *root = head_json(work, "two-way"), *list = json_array();

    json_object_set_new(root, "parameters", json_pack("[ss]", pair[0].name, pair[1].name));
    for (uint64_t i = 0; i < steps * steps; i++)
        json_array_append_new(list, json_pack("{s:[oo], s:o}", "values", json_number(grid_point(&pair[0], i / steps, steps)),
                                              json_number(grid_point(&pair[1], i % steps, steps)), "result", result_json(work, &grid[i])));
    json_object_set_new(root, "points", list);
    return json_print(root);
}

static popgx_err_t print_grid(const sensitivity_t *work, const varied_t *pair, uint64_t steps, const variant_result_t *grid)
{
    text_table_t *table = text_table_new();

    print_head(work);
    text_table_column(table, ALIGN_RIGHT, "%s", pair[0].name);
    text_table_column(table, ALIGN_RIGHT, "%s", pair[1].name);
    add_result_columns(table, "");
    text_table_column(table, ALIGN_LEFT, "best");
    for (uint64_t i = 0; i < steps * steps; i++) {
        text_table_cell(table, "%.6g %s", grid_point(&pair[0], i / steps, steps), pair[0].unit);
        text_table_cell(table, "%.6g %s", grid_point(&pair[1], i % steps, steps), pair[1].unit);
        put_nmb(table, &grid[i]);
        put_icer(table, &grid[i]);
        text_table_cell(table, "%s", strategy_words(work, grid[i].best));
    }
    return finish_text(table);
}

popgx_err_t sensitivity_two_way(sensitivity_t *work)
{
    const uint64_t steps = work->request->steps;
    name_list_t names = {0};
    varied_t *pair = memory_resize(NULL, 2, sizeof *pair);
    size_t n = 2;
    variant_result_t *grid = NULL;
    popgx_err_t err;

    TRY(cluster_agree(sensitivity_parse_pair("two-way", work->request->two_way, &names)));
    if (steps < 2 || steps > MOST_STEPS) TRY(cluster_agree(FAIL(INPUT, "--steps: between 2 and %d", MOST_STEPS)));
    for (size_t i = 0; i < 2 && cluster_rank() == 0 && !err; i++) err = varied_find(work, names.names[i], NULL, &pair[i]);
    TRY(cluster_agree(err));
    TRY(varied_share(&pair, &n));
    grid = memory_resize(NULL, steps * steps, sizeof *grid);
    work->variants.n_planned = 1 + steps * steps;
    TRY(variants_simulate(&work->variants, NULL, NULL, 0, &work->base));
    for (uint64_t i = 0; i < steps * steps; i++) {
        const spec_change_t changes[2] = {{pair[0].name, grid_point(&pair[0], i / steps, steps)}, {pair[1].name, grid_point(&pair[1], i % steps, steps)}};
        TRY(variants_simulate(&work->variants, NULL, changes, 2, &grid[i]));
    }
    progress_end(&work->variants.progress);
    if (cluster_rank() == 0) err = work->request->is_json ? print_grid_json(work, pair, steps, grid) : print_grid(work, pair, steps, grid);
out:
    free(grid);
    free(pair);
    name_list_release(&names);
    return err;
}

/* ---- the value that turns the decision ---- */

/* The crossing that is nearest to what the model has, or NULL. */
static const variant_crossing_t *nearest_crossing(const varied_t *s, const variant_roots_t *roots)
{
    const variant_crossing_t *nearest = NULL;

    for (size_t i = 0; i < roots->n; i++)
        if (!nearest || fabs(roots->crossings[i].value - s->number) < fabs(nearest->value - s->number)) nearest = &roots->crossings[i];
    return nearest;
}

static popgx_err_t print_roots_json(const sensitivity_t *work, const varied_t *s, const variant_roots_t *roots)
{
    const variant_crossing_t *nearest = nearest_crossing(s, roots);
    json_t *object = head_json(work, "threshold"), *crossings = json_array();

    for (size_t i = 0; i < roots->n; i++) {
        const variant_crossing_t *x = &roots->crossings[i];
        json_array_append_new(crossings, json_pack("{s:o, s:o, s:o}", "value", json_number(x->value), "se", json_number(x->se), "icer_at_value", json_number(x->icer)));
    }
    json_object_update_new(object, json_pack("{s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:i}", "parameter", s->name, "unit", s->unit, "low",
                                             json_number(s->low), "high", json_number(s->high), "is_found", nearest != NULL, "value",
                                             nearest ? json_number(nearest->value) : json_null(), "se", nearest ? json_number(nearest->se) : json_null(),
                                             "icer_at_value", nearest ? json_number(nearest->icer) : json_null(), "crossings", crossings, "is_same_everywhere",
                                             roots->is_same, "at_low", result_json(work, &roots->low), "at_high", result_json(work, &roots->high), "simulations",
                                             roots->n_simulated));
    return json_print(object);
}

static popgx_err_t print_roots(const sensitivity_t *work, const varied_t *s, const variant_roots_t *roots)
{
    print_head(work);
    for (size_t i = 0; i < roots->n; i++)
        printf("%s: both have the same net benefit at %.6g %s (Monte Carlo SE %.2g); the model has %.6g\n", s->name, roots->crossings[i].value, s->unit,
               roots->crossings[i].se, s->number);
    if (roots->is_same)
        printf("%s: both have the same net benefit from %.6g to %.6g %s\n", s->name, s->low, s->high, s->unit);
    else if (roots->n == 0)
        printf("%s: the decision is the same from %.6g to %.6g %s, at the ends and at %d values between them\n", s->name, s->low, s->high, s->unit, VARIANTS_PIECES - 1);
    printf("incremental net benefit %s at %.6g, %s at %.6g\n", number_grouped(roots->low.nmb.mean, 2).text, s->low,
           number_grouped(roots->high.nmb.mean, 2).text, s->high);
    return POPGX_OK;
}

popgx_err_t sensitivity_solve(sensitivity_t *work)
{
    varied_t *varied = memory_resize(NULL, 1, sizeof *varied);
    size_t n = 1;
    variant_roots_t roots;
    popgx_err_t err = POPGX_OK;

    if (cluster_rank() == 0) err = varied_find(work, work->request->solve, work->request->between, varied);
    TRY(cluster_agree(err));
    TRY(varied_share(&varied, &n));
    work->variants.n_planned = VARIANTS_PIECES + 4; /* most parameters need no more */
    TRY(variants_simulate(&work->variants, NULL, NULL, 0, &work->base));
    TRY(variants_solve(&work->variants, varied->name, varied->low, varied->high, &roots));
    progress_end(&work->variants.progress);
    if (cluster_rank() == 0) err = work->request->is_json ? print_roots_json(work, varied, &roots) : print_roots(work, varied, &roots);
out:
    free(varied);
    return err;
}

/* ---- scenarios ---- */

static popgx_err_t print_scenarios(const sensitivity_t *work, const name_list_t *files, const variant_result_t *results)
{
    text_table_t *table = text_table_new();

    print_head(work);
    text_table_column(table, ALIGN_LEFT, "scenario");
    add_result_columns(table, "");
    text_table_column(table, ALIGN_LEFT, "best");
    for (size_t i = 0; i <= files->n; i++) {
        const variant_result_t *r = i ? &results[i - 1] : &work->base;
        text_table_cell(table, "%s", i ? files->names[i - 1] : "as it is");
        put_nmb(table, r);
        put_icer(table, r);
        text_table_cell(table, "%s", strategy_words(work, r->best));
    }
    return finish_text(table);
}

static popgx_err_t print_scenarios_json(const sensitivity_t *work, const name_list_t *files, const variant_result_t *results)
{
    json_t *root = head_json(work, "scenarios"), *list = json_array();

    for (size_t i = 0; i < files->n; i++)
        json_array_append_new(list, json_pack("{s:s, s:o}", "scenario", files->names[i], "result", result_json(work, &results[i])));
    json_object_set_new(root, "scenarios", list);
    return json_print(root);
}

popgx_err_t sensitivity_scenarios(sensitivity_t *work)
{
    name_list_t files = {0};
    variant_result_t *results = NULL;
    popgx_err_t err;

    TRY(cluster_agree(name_list_parse(work->request->scenarios, &files)));
    results = memory_resize(NULL, files.n, sizeof *results);
    work->variants.n_planned = 1 + files.n;
    TRY(variants_simulate(&work->variants, NULL, NULL, 0, &work->base));
    for (size_t i = 0; i < files.n; i++) TRY(variants_simulate(&work->variants, files.names[i], NULL, 0, &results[i]));
    progress_end(&work->variants.progress);
    if (cluster_rank() == 0) err = work->request->is_json ? print_scenarios_json(work, &files, results) : print_scenarios(work, &files, results);
out:
    free(results);
    name_list_release(&files);
    return err;
}
