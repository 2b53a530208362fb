/*
 * `popgx sensitivity`: what happens to a decision if a parameter is another, or two, or if a scenario holds; and which value of
 * a parameter would turn it. Plans the variants (variants.h) and lays out what they answer.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "cli/shared_options.h"
#include "cli/text_table.h"
#include "cli/threads.h"
#include "cli/variants.h"
#include "cluster/cluster.h"
#include "core/memory.h"

enum { USUAL_PATIENTS = 100000, USUAL_STEPS = 5, MOST_STEPS = 100 };

typedef struct {
    const char *model_path, *parameters, *compare, *wtp, *between, *solve, *two_way, *scenarios;
    uint64_t patients, seed, threads, steps;
    bool is_json, is_quiet;
} request_t;

typedef struct {
    const request_t *request;
    model_t model;
    spec_report_t report;       /* rank 0 only */
    model_input_t input;
    variants_t variants;
    variant_result_t base;
} work_t;

/* ---- asking ---- */

static popgx_err_t parse_request(request_t *request, int argc, char **argv)
{
    const option_t options[] = {
        {"parameters", 'p', OPTION_TEXT, &request->parameters, "A,B", "vary only these parameters (default: all with a range or a distribution)"},
        {"compare", 'c', OPTION_TEXT, &request->compare, "A,B", "compare strategy A with strategy B (default: the second with the first)"},
        {"wtp", 'k', OPTION_TEXT, &request->wtp, "K", "the willingness to pay for a QALY (default: the model's first threshold)"},
        {"solve", 's', OPTION_TEXT, &request->solve, "A", "instead, find the value of this parameter at which both strategies have the same net benefit"},
        {"between", 0, OPTION_TEXT, &request->between, "LOW,HIGH", "with --solve: where to look for that value (default: the parameter's range)"},
        {"two-way", 0, OPTION_TEXT, &request->two_way, "A,B", "instead, a grid over the ranges of these two parameters"},
        {"steps", 0, OPTION_COUNT, &request->steps, "N", "with --two-way: points of the grid in each direction (default 5)"},
        {"scenarios", 0, OPTION_TEXT, &request->scenarios, "F,G", "instead, scenarios: files whose entries replace those of the model with the same name"},
        {"patients", 'n', OPTION_COUNT, &request->patients, "N", "people to simulate for each variant, e.g. 1e6 (default 100,000)"},
        SEED_OPTION(&request->seed),
        THREADS_OPTION(&request->threads),
        JSON_OPTION(&request->is_json),
        QUIET_OPTION(&request->is_quiet),
    };
    const usage_t usage = {
        "sensitivity", "MODEL",
        "Sets one parameter after the other to the ends of its range (or of the central 95 % of its distribution) and prints what\n"
        "that does to the incremental net monetary benefit, the largest effect first: the data of a tornado diagram. All variants\n"
        "have the same people and the same luck, so that small effects show. Units are those of the model file.",
        "  popgx sensitivity model.yaml\n"
        "  popgx sensitivity model.yaml --compare 'test,no test' --wtp 50000 --json > tornado.json\n"
        "  popgx sensitivity model.yaml --solve 'test price' --between 0,2000\n"
        "  popgx sensitivity model.yaml --two-way 'test price,ratio carrier' --steps 7\n"
        "  popgx sensitivity model.yaml --scenarios cheap.yaml,societal.yaml\n",
        options, sizeof options / sizeof *options};

    return options_parse(&usage, argc, argv, &request->model_path);
}

static popgx_err_t parse_real(const char *option, const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return end != text && !*end && isfinite(*out) ? POPGX_OK : FAIL(INPUT, "--%s '%s' is not a number", option, text);
}

static popgx_err_t parse_pair(const char *option, const char *text, name_list_t *out)
{
    popgx_err_t err = name_list_parse(text, out);

    if (!err && out->n != 2) return FAIL(INPUT, "--%s '%s': write two, with a comma between them", option, text);
    return err;
}

static popgx_err_t choose_strategies(work_t *work, name_list_t *pair)
{
    const model_t *m = &work->model;
    popgx_err_t err;

    if (m->n_strategies < 2) return FAIL(INPUT, "%s has one strategy: there is nothing to compare", work->request->model_path);
    work->variants.strategy = model_text(m, m->strategies[1].name);
    work->variants.comparator = model_text(m, m->strategies[0].name);
    if (!work->request->compare) return POPGX_OK;
    TRY(parse_pair("compare", work->request->compare, pair));
    for (size_t i = 0; i < 2; i++)
        if (model_find_strategy(m, pair->names[i]) == MODEL_NONE) return FAIL(INPUT, "--compare: there is no strategy '%s'", pair->names[i]);
    work->variants.strategy = pair->names[0];
    work->variants.comparator = pair->names[1];
out:
    return err;
}

static popgx_err_t choose_wtp(work_t *work)
{
    const model_settings_t *settings = &work->model.settings;

    if (work->request->wtp) return parse_real("wtp", work->request->wtp, &work->variants.wtp);
    if (settings->thresholds.count == 0) return FAIL(INPUT, "the model has no `thresholds`: add --wtp K, the willingness to pay for a QALY");
    work->variants.wtp = work->model.reals[settings->thresholds.first];
    return POPGX_OK;
}

/* ---- parameters ---- */

/* What all ranks know of a parameter: rank 0 has the report, the others only need to take part. */
typedef struct {
    const char *name, *unit;
    double number, low, high;
} subject_t;

static const spec_parameter_t *find_parameter(const spec_report_t *report, const char *name)
{
    for (size_t i = 0; i < report->n_parameters; i++)
        if (strcmp(report->parameters[i].name, name) == 0) return &report->parameters[i];
    return NULL;
}

static popgx_err_t fail_unknown(const spec_report_t *report, const char *name)
{
    const char **known = memory_resize(NULL, report->n_parameters + 1, sizeof *known);

    for (size_t i = 0; i < report->n_parameters; i++) known[i] = report->parameters[i].name;
    const char *nearest = diag_nearest(name, known, report->n_parameters);
    free(known);
    if (nearest) return FAIL(INPUT, "the model has no parameter '%s': did you mean '%s'?", name, nearest);
    return FAIL(INPUT, "the model has no parameter '%s': popgx check lists them", name);
}

/* On rank 0: the parameter with a range, which `between` may give. */
static popgx_err_t find_subject(const work_t *work, const char *name, const char *between, subject_t *out)
{
    const spec_parameter_t *p = find_parameter(&work->report, name);
    name_list_t ends = {0};
    popgx_err_t err = POPGX_OK;

    if (!p) return fail_unknown(&work->report, name);
    *out = (subject_t){p->name, p->unit, p->number, p->low, p->high};
    if (between) {
        TRY(parse_pair("between", between, &ends));
        TRY(parse_real("between", ends.names[0], &out->low));
        TRY(parse_real("between", ends.names[1], &out->high));
    }
    if (!(out->low < out->high)) err = FAIL(INPUT, "`%s` has no range: give it one in the model%s", name, between ? "; --between is the lower end, then the higher" : ", or add --between LOW,HIGH");
out:
    name_list_release(&ends);
    return err;
}

/* Names live as long as the model file; other ranks get their numbers from rank 0, their names do not matter there. */
static popgx_err_t share_subjects(subject_t **subjects, size_t *n)
{
    size_t size = *n * sizeof **subjects;
    unsigned char *bytes = (unsigned char *)*subjects;
    popgx_err_t err = cluster_ranks() > 1 ? cluster_broadcast(&bytes, &size) : POPGX_OK;

    *subjects = (subject_t *)bytes;
    *n = size / sizeof **subjects;
    if (cluster_rank() != 0)
        for (size_t i = 0; i < *n; i++) (*subjects)[i].name = (*subjects)[i].unit = "";
    return err;
}

/* On rank 0: those that were named, or all with a range. */
static popgx_err_t list_subjects(const work_t *work, subject_t **subjects, size_t *n)
{
    name_list_t names = {0};
    popgx_err_t err;

    *n = 0;
    *subjects = memory_resize(NULL, work->report.n_parameters + 1, sizeof **subjects);
    TRY(name_list_parse(work->request->parameters, &names));
    for (size_t i = 0; i < names.n && *n < work->report.n_parameters; i++) TRY(find_subject(work, names.names[i], NULL, &(*subjects)[(*n)++]));
    for (size_t i = 0; names.n == 0 && i < work->report.n_parameters; i++) {
        const spec_parameter_t *p = &work->report.parameters[i];
        if (p->low < p->high) (*subjects)[(*n)++] = (subject_t){p->name, p->unit, p->number, p->low, p->high};
    }
    if (*n == 0) err = FAIL(INPUT, "no parameter of the model has a `range` or a `distribution`");
out:
    name_list_release(&names);
    return err;
}

/* ---- printing ---- */

static const char *strategy_words(const work_t *work, int32_t s) { return s == MODEL_NONE ? "-" : model_text(&work->model, work->model.strategies[s].name); }

static json_t *result_json(const work_t *work, const variant_result_t *r)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:s}", "cost", estimate_json(r->cost), "qaly", estimate_json(r->qaly), "nmb", estimate_json(r->nmb), "icer",
                     json_number(r->icer), "best", strategy_words(work, r->best));
}

static json_t *head_json(const work_t *work, const char *kind)
{
    const variants_t *v = &work->variants;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:o}", "analysis", kind, "model", work->request->model_path, "strategy", v->strategy, "comparator",
                     v->comparator, "wtp", json_number(v->wtp), "patients", (json_int_t)v->patients, "seed", (json_int_t)v->seed, "base",
                     result_json(work, &work->base));
}

static void print_head(const work_t *work)
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
    subject_t subject;
    variant_result_t low, high;
} bar_t;

static double width(const bar_t *bar) { return fabs(bar->high.nmb.mean - bar->low.nmb.mean); }

static int by_width(const void *a, const void *b)
{
    double x = width(a), y = width(b);
    return x == y ? strcmp(((const bar_t *)a)->subject.name, ((const bar_t *)b)->subject.name) : (x < y) - (x > y);
}

static popgx_err_t print_bars_json(const work_t *work, const bar_t *bars, size_t n)
{
    json_t *root = head_json(work, "one-way"), *list = json_array();

    for (size_t i = 0; i < n; i++) {
        const subject_t *s = &bars[i].subject;
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "parameter", s->name, "unit", s->unit, "value",
                                              json_number(s->number), "low", json_number(s->low), "high", json_number(s->high), "at_low",
                                              result_json(work, &bars[i].low), "at_high", result_json(work, &bars[i].high), "changes_decision",
                                              bars[i].low.best != bars[i].high.best || bars[i].low.best != work->base.best));
    }
    json_object_set_new(root, "parameters", list);
    return json_print(root);
}

static popgx_err_t print_bars(const work_t *work, const bar_t *bars, size_t n)
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
        text_table_cell(table, "%s", bars[i].subject.name);
        text_table_cell(table, "%.6g", bars[i].subject.low);
        text_table_cell(table, "%.6g", bars[i].subject.high);
        text_table_cell(table, "%s", bars[i].subject.unit);
        put_nmb(table, &bars[i].low);
        put_icer(table, &bars[i].low);
        put_nmb(table, &bars[i].high);
        put_icer(table, &bars[i].high);
        text_table_cell(table, "%s%s%s", strategy_words(work, bars[i].low.best), bars[i].low.best == bars[i].high.best ? "" : " -> ",
                        bars[i].low.best == bars[i].high.best ? "" : strategy_words(work, bars[i].high.best));
    }
    return finish_text(table);
}

static popgx_err_t one_way(work_t *work)
{
    subject_t *subjects = NULL;
    size_t n = 0;
    bar_t *bars = NULL;
    popgx_err_t err = POPGX_OK;

    if (cluster_rank() == 0) err = list_subjects(work, &subjects, &n);
    TRY(cluster_agree(err));
    TRY(share_subjects(&subjects, &n));
    bars = memory_resize(NULL, n, sizeof *bars);
    work->variants.n_planned = 1 + 2 * n;
    TRY(variants_simulate(&work->variants, NULL, NULL, 0, &work->base));
    for (size_t i = 0; i < n; i++) {
        bars[i].subject = subjects[i];
        TRY(variants_simulate(&work->variants, NULL, &(spec_change_t){subjects[i].name, subjects[i].low}, 1, &bars[i].low));
        TRY(variants_simulate(&work->variants, NULL, &(spec_change_t){subjects[i].name, subjects[i].high}, 1, &bars[i].high));
    }
    progress_end(&work->variants.progress);
    qsort(bars, n, sizeof *bars, by_width);
    if (cluster_rank() == 0) err = work->request->is_json ? print_bars_json(work, bars, n) : print_bars(work, bars, n);
out:
    free(bars);
    free(subjects);
    return err;
}

/* ---- two ways ---- */

static double grid_point(const subject_t *s, uint64_t i, uint64_t steps) { return s->low + (s->high - s->low) * (double)i / (double)(steps - 1); }

static popgx_err_t print_grid_json(const work_t *work, const subject_t *pair, uint64_t steps, const variant_result_t *grid)
{
    json_t *root = head_json(work, "two-way"), *list = json_array();

    json_object_set_new(root, "parameters", json_pack("[ss]", pair[0].name, pair[1].name));
    for (uint64_t i = 0; i < steps * steps; i++)
        json_array_append_new(list, json_pack("{s:[oo], s:o}", "values", json_number(grid_point(&pair[0], i / steps, steps)),
                                              json_number(grid_point(&pair[1], i % steps, steps)), "result", result_json(work, &grid[i])));
    json_object_set_new(root, "points", list);
    return json_print(root);
}

static popgx_err_t print_grid(const work_t *work, const subject_t *pair, uint64_t steps, const variant_result_t *grid)
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

static popgx_err_t two_way(work_t *work)
{
    const uint64_t steps = work->request->steps;
    name_list_t names = {0};
    subject_t *pair = memory_resize(NULL, 2, sizeof *pair);
    size_t n = 2;
    variant_result_t *grid = NULL;
    popgx_err_t err;

    TRY(cluster_agree(parse_pair("two-way", work->request->two_way, &names)));
    if (steps < 2 || steps > MOST_STEPS) TRY(cluster_agree(FAIL(INPUT, "--steps: between 2 and %d", MOST_STEPS)));
    for (size_t i = 0; i < 2 && cluster_rank() == 0 && !err; i++) err = find_subject(work, names.names[i], NULL, &pair[i]);
    TRY(cluster_agree(err));
    TRY(share_subjects(&pair, &n));
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
static const variant_crossing_t *nearest_crossing(const subject_t *s, const variant_roots_t *roots)
{
    const variant_crossing_t *nearest = NULL;

    for (size_t i = 0; i < roots->n; i++)
        if (!nearest || fabs(roots->crossings[i].value - s->number) < fabs(nearest->value - s->number)) nearest = &roots->crossings[i];
    return nearest;
}

static popgx_err_t print_roots_json(const work_t *work, const subject_t *s, const variant_roots_t *roots)
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

static popgx_err_t print_roots(const work_t *work, const subject_t *s, const variant_roots_t *roots)
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

static popgx_err_t solve(work_t *work)
{
    subject_t *subject = memory_resize(NULL, 1, sizeof *subject);
    size_t n = 1;
    variant_roots_t roots;
    popgx_err_t err = POPGX_OK;

    if (cluster_rank() == 0) err = find_subject(work, work->request->solve, work->request->between, subject);
    TRY(cluster_agree(err));
    TRY(share_subjects(&subject, &n));
    work->variants.n_planned = VARIANTS_PIECES + 4; /* most parameters need no more */
    TRY(variants_simulate(&work->variants, NULL, NULL, 0, &work->base));
    TRY(variants_solve(&work->variants, subject->name, subject->low, subject->high, &roots));
    progress_end(&work->variants.progress);
    if (cluster_rank() == 0) err = work->request->is_json ? print_roots_json(work, subject, &roots) : print_roots(work, subject, &roots);
out:
    free(subject);
    return err;
}

/* ---- scenarios ---- */

static popgx_err_t print_scenarios(const work_t *work, const name_list_t *files, const variant_result_t *results)
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

static popgx_err_t print_scenarios_json(const work_t *work, const name_list_t *files, const variant_result_t *results)
{
    json_t *root = head_json(work, "scenarios"), *list = json_array();

    for (size_t i = 0; i < files->n; i++)
        json_array_append_new(list, json_pack("{s:s, s:o}", "scenario", files->names[i], "result", result_json(work, &results[i])));
    json_object_set_new(root, "scenarios", list);
    return json_print(root);
}

static popgx_err_t scenarios(work_t *work)
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

/* ---- the command ---- */

static popgx_err_t analyse(work_t *work)
{
    const request_t *request = work->request;
    name_list_t all = {0}, pair = {0};
    popgx_err_t err;

    if ((request->solve != NULL) + (request->two_way != NULL) + (request->scenarios != NULL) > 1)
        TRY(cluster_agree(FAIL(INPUT, "--solve, --two-way and --scenarios are different analyses: one at a time")));
    TRY(model_input_open(request->model_path, &all, &work->input, &work->model, &work->report));
    work->variants = (variants_t){.input = &work->input, .base = &work->model, .patients = request->patients, .seed = request->seed,
                                  .threads = threads_choose(request->threads), .is_quiet = request->is_quiet};
    TRY(cluster_agree(choose_strategies(work, &pair)));
    TRY(cluster_agree(choose_wtp(work)));
    progress_start(&work->variants.progress, "sensitivity", request->patients);
    if (request->solve) err = solve(work);
    else if (request->two_way) err = two_way(work);
    else if (request->scenarios) err = scenarios(work);
    else err = one_way(work);
out:
    name_list_release(&pair);
    return err;
}

popgx_err_t cmd_sensitivity(int argc, char **argv)
{
    request_t request = {.patients = USUAL_PATIENTS, .seed = 1, .steps = USUAL_STEPS};
    work_t work = {.request = &request};
    popgx_err_t err = cluster_agree(parse_request(&request, argc, argv));

    if (!err && request.model_path) err = analyse(&work);
    model_input_close(&work.input);
    model_release(&work.model);
    spec_report_release(&work.report);
    return err;
}
