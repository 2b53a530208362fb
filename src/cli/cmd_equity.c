/*
 * `popgx equity`: distributional cost-effectiveness of a stored run. Rank 0 alone; stats/equity.c has the arithmetic. What a run does not know about
 * groups (their health, who pays for what, weights) may come from a table.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/calibration.h"
#include "cli/cea_subgroups.h"
#include "cli/cli.h"
#include "cli/estimates.h"
#include "cli/fairness.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/privacy.h"
#include "cli/run_part.h"
#include "cli/shared_options.h"
#include "core/file.h"
#include "core/memory.h"
#include "spec/csv.h"
#include "stats/conceal.h"
#include "stats/equity.h"
#include "stats/subgroups.h"

/* Aversion to inequality in health of the public in England (Robson et al., Health Econ 2017; 26: 1328-1334). */
#define USUAL_ATKINSON "10.95"
#define USUAL_KOLM "0.15"
#define LARGEST_TABLE ((size_t)1 << 20)

typedef struct {
    const char *path, *by, *calls, *perfect, *calibration, *event, *table, *threshold, *reference, *atkinson, *kolm;
    bool is_json;
} request_t;

typedef struct {
    answer_t answer;
    const model_t *m;
    int32_t grouping;
    equity_group_t *groups;
    char **names;
    equity_problem_t problem;
} work_t;

static popgx_err_t parse(request_t *request, int argc, char **argv)
{
    const option_t options[] = {
        {"by", 0, OPTION_TEXT, &request->by, "GROUP", "the groups whose health is compared, which the run kept: ancestry, income..."},
        {"calls", 0, OPTION_TEXT, &request->calls, "NAME", "instead, how a test performs in each group, from subgroups such as 'ancestry x first observed carrier x carrier'"},
        {"perfect", 0, OPTION_TEXT, &request->perfect, "NAME", "with --calls: the strategy with a perfect test, with which health and money are compared"},
        {"calibration", 0, OPTION_TEXT, &request->calibration, "NAME", "instead, how well a score foretells an event in each group, from subgroups such as 'ancestry x score at 0.1 0.2'"},
        {"event", 0, OPTION_TEXT, &request->event, "NAME", "with --calibration: the event, under the strategy of --reference"},
        {"table", 0, OPTION_TEXT, &request->table, "FILE", "a CSV table with the columns group and any of baseline (health per person), displaced (share of the health that others lose) and weight"},
        {"threshold", 0, OPTION_TEXT, &request->threshold, "K", "costs that displace one QALY of others (default: the model's first threshold)"},
        {"reference", 0, OPTION_TEXT, &request->reference, "NAME", "the strategy that is used now (default: the first)"},
        {"atkinson", 0, OPTION_TEXT, &request->atkinson, "E", "aversion to relative inequality (default " USUAL_ATKINSON ")"},
        {"kolm", 0, OPTION_TEXT, &request->kolm, "A", "aversion to absolute inequality, per QALY (default " USUAL_KOLM ")"},
        JSON_OPTION(&request->is_json),
    };
    const usage_t usage = {
        "equity", "RUN.h5",
        "Distributional cost-effectiveness: who gains health from each strategy, who loses the health that its costs displace\n"
        "elsewhere, and whether that makes the distribution of health more equal. Prints Atkinson and Kolm indices, equally\n"
        "distributed equivalents, and the two axes of the equity-efficiency plane.",
        "  popgx equity run.h5 --by ancestry --threshold 20000\n"
        "  popgx equity run.h5 --by ancestry --table health.csv --json\n"
        "  popgx equity run.h5 --calls 'ancestry x first observed carrier x carrier' --perfect 'perfect test'\n"
        "  popgx equity run.h5 --calibration 'ancestry x score at 0.1 0.2 0.3' --event 'adverse event'\n",
        options, sizeof options / sizeof *options};

    return options_parse(&usage, argc, argv, &request->path);
}

/* ---- what is known of the groups ---- */

static popgx_err_t number_of(const char *text, const char *what, double least, double *out)
{
    if (number_parse_real(text, out) && *out >= least) return POPGX_OK;
    return FAIL(INPUT, "%s '%s': write a number of at least %g", what, text, least);
}

static popgx_err_t list_groups(work_t *work)
{
    const model_grouping_t *g = &work->m->groupings[work->grouping];
    const double people = exact_value(work->answer.tally.sums[work->answer.tally.layout.people], 0);
    int32_t n = 0;

    if (subgroup_is_any_hidden(&work->answer, work->grouping)) return FAIL(INPUT, "a group has too few people from a file: nothing is shown");
    work->groups = memory_resize(NULL, (size_t)g->n_groups, sizeof *work->groups);
    work->names = memory_resize(NULL, (size_t)g->n_groups, sizeof *work->names);
    for (int32_t k = 0; k < g->n_groups; k++) {
        const tally_t view = subgroups_view(&work->answer.tally, work->grouping, k);
        const double share = exact_value(view.sums[view.layout.people], 0) / people;
        if (share == 0) continue;
        work->groups[n] = (equity_group_t){.share = share, .displaced = share, .weight = 1, .tally = view,
                                           .baseline = results_outcome(&view, work->problem.reference, work->m->settings.qaly).mean};
        work->names[n++] = subgroups_name(work->m, g, k);
        work->problem.n = n;
    }
    work->problem.groups = work->groups;
    return POPGX_OK;
}

static popgx_err_t take_row(const work_t *work, const csv_table_t *table, size_t row, bool *is_seen)
{
    const int group = csv_column(table, "group"), baseline = csv_column(table, "baseline"), displaced = csv_column(table, "displaced"),
              weight = csv_column(table, "weight");
    const char *name = csv_cell(table, row, group)->text;
    int32_t g = 0;
    popgx_err_t err = POPGX_OK;

    while (g < work->problem.n && strcmp(work->names[g], name) != 0) g++;
    if (g == work->problem.n) return FAIL(INPUT, "%s: line %d: the run has nobody in a group '%s'", table->file, csv_cell(table, row, group)->place.line, name);
    if (is_seen[g]) return FAIL(INPUT, "%s: line %d: '%s' is there twice", table->file, csv_cell(table, row, group)->place.line, name);
    is_seen[g] = true;
    if (baseline >= 0) TRY(number_of(csv_cell(table, row, baseline)->text, "baseline", 0, &work->groups[g].baseline));
    if (displaced >= 0) TRY(number_of(csv_cell(table, row, displaced)->text, "displaced", 0, &work->groups[g].displaced));
    if (weight >= 0) TRY(number_of(csv_cell(table, row, weight)->text, "weight", 0, &work->groups[g].weight));
    work->groups[g].is_given = baseline >= 0;
out:
    return err;
}

static popgx_err_t take_table(const work_t *work, const csv_table_t *table)
{
    bool *is_seen = memory_resize(NULL, (size_t)work->problem.n + 1, sizeof *is_seen);
    double displaced = 0;
    popgx_err_t err = POPGX_OK;

    memset(is_seen, 0, (size_t)work->problem.n);
    if (csv_column(table, "group") < 0) TRY(FAIL(INPUT, "%s: has no column `group`", table->file));
    for (size_t r = 0; r < table->n_rows; r++) TRY(take_row(work, table, r, is_seen));
    for (int32_t g = 0; g < work->problem.n; g++) {
        if (!is_seen[g]) TRY(FAIL(INPUT, "%s: has no line for the group '%s'", table->file, work->names[g]));
        displaced += work->groups[g].displaced;
    }
    if (fabs(displaced - 1) > 1e-6) TRY(FAIL(INPUT, "%s: the shares `displaced` sum to %g, not 1", table->file, displaced));
out:
    free(is_seen);
    return err;
}

static popgx_err_t read_table(const char *path, const work_t *work)
{
    diagnostics_t *diag = diag_new();
    csv_table_t table = {0};
    char *bytes = NULL;
    size_t n = 0;
    popgx_err_t err;

    TRY(file_read(path, LARGEST_TABLE, &bytes, &n));
    if (csv_parse(path, bytes, n, diag, &table) != POPGX_OK) TRY(FAIL(INPUT, "%s", diag_text(diag, 0)));
    TRY(take_table(work, &table));
out:
    csv_release(&table);
    free(bytes);
    diag_free(diag);
    return err;
}

static popgx_err_t prepare(const request_t *request, work_t *work)
{
    const model_t *m = work->m;
    const model_span_t thresholds = m->settings.thresholds;
    equity_problem_t *p = &work->problem;
    popgx_err_t err;

    if (!request->by) TRY(FAIL(INPUT, "--by says between which groups health is compared, such as --by ancestry"));
    TRY(subgroup_find(&work->answer, request->path, request->by, &work->grouping));
    p->reference = request->reference ? model_find_strategy(m, request->reference) : 0;
    if (p->reference == MODEL_NONE) TRY(FAIL(INPUT, "--reference '%s': the run has no such strategy", request->reference));
    if (!request->threshold && thresholds.count == 0) TRY(FAIL(INPUT, "--threshold says what displaces a QALY of others: the model has no thresholds"));
    if (request->threshold) TRY(number_of(request->threshold, "--threshold", 0, &p->threshold));
    else p->threshold = m->reals[thresholds.first];
    TRY(number_of(request->atkinson, "--atkinson", 0, &p->atkinson));
    TRY(number_of(request->kolm, "--kolm", 0, &p->kolm));
    if (!(p->threshold > 0) || !(p->kolm > 0)) TRY(FAIL(INPUT, "--threshold and --kolm are above 0"));
    TRY(list_groups(work));
    if (request->table) TRY(read_table(request->table, work));
out:
    return err;
}

/* ---- what is printed ---- */

static void put(text_table_t *table, estimate_t x) { estimate_put_own(table, x, HEALTH_DECIMALS); }

static void print_groups(const work_t *work, int32_t s)
{
    text_table_t *table = text_table_new();

    printf("\n'%s': health by %s, QALYs per person of the group\n", model_strategy_name(work->m, s), model_text(work->m, work->m->groupings[work->grouping].name));
    text_table_column(table, ALIGN_LEFT, "group");
    text_table_column(table, ALIGN_RIGHT, "share");
    text_table_column(table, ALIGN_RIGHT, "now");
    estimate_columns(table, "gained");
    estimate_columns(table, "displaced");
    estimate_columns(table, "net");
    for (int32_t g = 0; g < work->problem.n; g++) {
        const equity_health_t health = equity_health(&work->problem, s, g);
        text_table_cell(table, "%s", work->names[g]);
        text_table_cell(table, "%.2f %%", 100 * work->groups[g].share);
        text_table_cell(table, "%s", number_grouped(work->groups[g].baseline, 4).text);
        put(table, health.effect);
        put(table, health.displaced);
        put(table, health.net);
    }
    table_end(table, stdout);
}

static void print_text(const work_t *work)
{
    const equity_problem_t *p = &work->problem;
    text_table_t *table = text_table_new();

    printf("Distributional cost-effectiveness by %s, against '%s'; %s %s displace a QALY of others\n",
           model_text(work->m, work->m->groupings[work->grouping].name), model_strategy_name(work->m, p->reference), number_grouped(p->threshold, 0).text,
           model_text(work->m, work->m->settings.currency));
    if (!work->groups[0].is_given) printf("health now is that which is simulated under '%s' within the horizon; --table gives that of a life\n", model_strategy_name(work->m, p->reference));
    for (int32_t s = 0; s < work->m->n_strategies; s++)
        if (s != p->reference) print_groups(work, s);
    printf("\nEquity and efficiency, QALYs per person (Atkinson %g, Kolm %g): the equivalents change by the mean and by what less inequality is worth\n", p->atkinson, p->kolm);
    text_table_column(table, ALIGN_LEFT, "strategy");
    estimate_columns(table, "mean");
    estimate_columns(table, "weighted mean");
    estimate_columns(table, "Atkinson\nequivalent");
    estimate_columns(table, "of it by\nless inequality");
    text_table_column(table, ALIGN_RIGHT, "index");
    estimate_columns(table, "Kolm\nequivalent");
    estimate_columns(table, "of it by\nless inequality");
    text_table_column(table, ALIGN_RIGHT, "index");
    for (int32_t s = 0; s < work->m->n_strategies; s++) {
        const double mean = equity_level(p, EQUITY_MEAN, s);
        text_table_cell(table, "%s", model_strategy_name(work->m, s));
        put(table, equity_change(p, EQUITY_MEAN, s));
        put(table, equity_change(p, EQUITY_WEIGHTED, s));
        put(table, equity_change(p, EQUITY_ATKINSON, s));
        put(table, equity_inequality(p, EQUITY_ATKINSON, s));
        text_table_cell(table, "%s", number_grouped(1 - equity_level(p, EQUITY_ATKINSON, s) / mean, 6).text);
        put(table, equity_change(p, EQUITY_KOLM, s));
        put(table, equity_inequality(p, EQUITY_KOLM, s));
        text_table_cell(table, "%s", number_grouped(mean - equity_level(p, EQUITY_KOLM, s), 6).text);
    }
    table_end(table, stdout);
}

static json_t *measure_json(const equity_problem_t *p, equity_measure_t measure, int32_t s, double index)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "equivalent", json_number(equity_level(p, measure, s)), "change", estimate_json(equity_change(p, measure, s)),
                     "by_less_inequality", estimate_json(equity_inequality(p, measure, s)), "index", json_number(index));
}

static json_t *strategy_json(const work_t *work, int32_t s)
{
    const equity_problem_t *p = &work->problem;
    const double mean = equity_level(p, EQUITY_MEAN, s);
    json_t *groups = json_array();

    for (int32_t g = 0; g < p->n; g++) {
        const equity_health_t health = equity_health(p, s, g);
        json_array_append_new(groups, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "group", work->names[g], "share", json_number(work->groups[g].share),
            "baseline", json_number(work->groups[g].baseline), "gained", estimate_json(health.effect), "displaced", estimate_json(health.displaced),
            "net", estimate_json(health.net), "after", estimate_json(health.after)));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "name", model_strategy_name(work->m, s), "groups", groups, "mean", estimate_json(equity_change(p, EQUITY_MEAN, s)),
                     "weighted_mean", estimate_json(equity_change(p, EQUITY_WEIGHTED, s)), "atkinson",
                     measure_json(p, EQUITY_ATKINSON, s, 1 - equity_level(p, EQUITY_ATKINSON, s) / mean), "kolm",
                     measure_json(p, EQUITY_KOLM, s, mean - equity_level(p, EQUITY_KOLM, s)));
}

static popgx_err_t print_json(const request_t *request, const work_t *work)
{
    const equity_problem_t *p = &work->problem;
    json_t *strategies = json_array();

    for (int32_t s = 0; s < work->m->n_strategies; s++) json_array_append_new(strategies, strategy_json(work, s));
    return json_print(json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "run", request->path, "by", model_text(work->m, work->m->groupings[work->grouping].name),
                                "reference", model_strategy_name(work->m, p->reference), "threshold", json_number(p->threshold), "atkinson_aversion",
                                json_number(p->atkinson), "kolm_aversion", json_number(p->kolm), "strategies", strategies));
}

popgx_err_t cmd_equity(int argc, char **argv)
{
    request_t request = {.atkinson = USUAL_ATKINSON, .kolm = USUAL_KOLM};
    work_t work = {0};
    popgx_err_t err;

    TRY(parse(&request, argc, argv));
    if (!request.path) goto out;
    TRY(answer_read(request.path, &work.answer));
    TRY(run_part_need_people(&work.answer, request.path));
    TRY(tally_conceal(&work.answer.tally, DISCLOSURE_MINIMUM));
    TRY(privacy_check(request.path, &work.answer.tally.disclosure));
    work.m = work.answer.model;
    if (request.calls) {
        err = fairness_print(&work.answer, request.path, request.calls, request.perfect, request.is_json);
        goto out;
    }
    if (request.calibration) {
        err = calibration_print(&work.answer, request.path, request.calibration, request.event, request.reference, request.is_json);
        goto out;
    }
    TRY(prepare(&request, &work));
    if (request.is_json) TRY(print_json(&request, &work));
    else print_text(&work);
out:
    for (int32_t g = 0; g < work.problem.n; g++) free(work.names[g]);
    free(work.names);
    free(work.groups);
    answer_release(&work.answer);
    return err;
}
