/* The results of subgroups, for people and for machines: group after group what everybody's results are. Empty groups are left out of tables. */
#include <stdlib.h>

#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/results_print.h"
#include "core/memory.h"
#include "stats/adjusted.h"
#include "stats/cea.h"
#include "stats/conceal.h"
#include "stats/subgroups.h"

typedef struct {
    const tally_t *tally;
    const model_t *m;
    text_table_t *table;
    int cost_decimals, qaly_decimals;
} page_t;

static uint64_t patients_of(const tally_t *tally) { return (uint64_t)tally->sums[tally->layout.people]; }

/* ---- tables ---- */

static void put_icer(text_table_t *table, const cea_t *cea, int32_t s)
{
    static const char *const words[] = {[VERDICT_SAME] = "same", [VERDICT_DOMINANT] = "dominant", [VERDICT_DOMINATED] = "dominated"};
    const verdict_t verdict = cea_verdict(cea, s, 0);
    const icer_t icer = cea_icer(cea, s, 0);

    if (verdict < VERDICT_COSTS_MORE) {
        text_table_cell(table, "%s", words[verdict]);
        text_table_cell(table, "%s", "");
        return;
    }
    const int decimals = icer.se > 0 ? number_decimals(icer.se, MONEY_DECIMALS) : 0;
    text_table_cell(table, "%s%s", number_grouped(icer.icer, decimals).text, verdict == VERDICT_SAVES ? " saved per QALY lost" : "");
    text_table_cell(table, "(%s)", number_grouped(icer.se, decimals).text);
}

static void put_row(const page_t *page, const tally_t *view, const cea_t *cea, int32_t s)
{
    const int32_t cost = page->m->settings.cost, qaly = page->m->settings.qaly;

    text_table_cell(page->table, "%s", model_strategy_name(page->m, s));
    estimate_put(page->table, results_outcome(view, s, cost), page->cost_decimals);
    estimate_put(page->table, results_outcome(view, s, qaly), page->qaly_decimals);
    if (s == 0) {
        for (int i = 0; i < 6; i++) text_table_cell(page->table, "%s", "");
        return;
    }
    estimate_put(page->table, results_difference(view, s, 0, cost), page->cost_decimals);
    estimate_put(page->table, results_difference(view, s, 0, qaly), page->qaly_decimals);
    put_icer(page->table, cea, s);
}

static void put_group(const page_t *page, int32_t grouping, int32_t group)
{
    const tally_t view = subgroups_view(page->tally, grouping, group);
    char *name = subgroups_name(page->m, &page->m->groupings[grouping], group);
    cea_t cea;

    if (tally_is_concealed(&view)) {
        text_table_cell(page->table, "%s", name);
        for (int i = 0; i < 12; i++) text_table_cell(page->table, "%s", i == 0 || i == 2 || i == 4 ? DISCLOSURE_HIDDEN : "");
    }
    for (int32_t s = 0; !tally_is_concealed(&view) && s < page->m->n_strategies && cea_of_tally(&view, &cea) == POPGX_OK; s++) {
        text_table_cell(page->table, "%s", s == 0 ? name : "");
        text_table_cell(page->table, "%s", s == 0 ? number_count(patients_of(&view)).text : "");
        put_row(page, &view, &cea, s);
        cea_release(&cea);
    }
    free(name);
}

/* Everybody once more, with the groups at the shares that the model gives them. */
static void put_adjusted(const page_t *page, int32_t grouping)
{
    const int32_t cost = page->m->settings.cost, qaly = page->m->settings.qaly;
    adjusted_t adjusted;
    const bool is_known = adjusted_init(&adjusted, page->tally, grouping);

    for (int32_t s = 0; is_known && s < page->m->n_strategies; s++) {
        text_table_cell(page->table, "%s", s == 0 ? "all, adjusted" : "");
        text_table_cell(page->table, "%s", s == 0 ? number_count(patients_of(page->tally)).text : "");
        text_table_cell(page->table, "%s", model_strategy_name(page->m, s));
        estimate_put(page->table, adjusted_outcome(&adjusted, s, cost), page->cost_decimals);
        estimate_put(page->table, adjusted_outcome(&adjusted, s, qaly), page->qaly_decimals);
        for (int i = 0; s == 0 && i < 4; i++) text_table_cell(page->table, "%s", "");
        if (s > 0) estimate_put(page->table, adjusted_difference(&adjusted, s, 0, cost), page->cost_decimals);
        if (s > 0) estimate_put(page->table, adjusted_difference(&adjusted, s, 0, qaly), page->qaly_decimals);
        for (int i = 0; i < 2; i++) text_table_cell(page->table, "%s", "");
    }
    adjusted_release(&adjusted);
}

/* As many decimals as the differences of everybody warrant, less one: groups are smaller. */
static int decimals_of(const page_t *page, int32_t outcome, int most)
{
    int decimals = 0;

    for (int32_t s = 0; s < page->m->n_strategies; s++) {
        const estimate_t x = s > 0 ? results_difference(page->tally, s, 0, outcome) : results_outcome(page->tally, s, outcome);
        const int own = x.se > 0 ? number_decimals(x.se, most) : 0;
        if (own > decimals) decimals = own;
    }
    return decimals;
}

static void print_grouping(page_t *page, int32_t grouping, FILE *out)
{
    const model_grouping_t *g = &page->m->groupings[grouping];

    fprintf(out, "\nBy %s (differences from '%s', paired)\n", model_text(page->m, g->name), model_strategy_name(page->m, 0));
    page->table = text_table_new();
    text_table_column(page->table, ALIGN_LEFT, "group");
    text_table_column(page->table, ALIGN_RIGHT, "people");
    text_table_column(page->table, ALIGN_LEFT, "strategy");
    estimate_columns(page->table, "cost");
    estimate_columns(page->table, "QALYs");
    estimate_columns(page->table, "cost difference");
    estimate_columns(page->table, "QALYs difference");
    estimate_columns(page->table, "ICER");
    for (int32_t k = 0; k < g->n_groups; k++) {
        const tally_t view = subgroups_view(page->tally, grouping, k);
        if (patients_of(&view) > 0) put_group(page, grouping, k);
    }
    put_adjusted(page, grouping);
    table_end(page->table, out);
}

void subgroups_print_text(const tally_t *tally, FILE *out)
{
    page_t page = {.tally = tally, .m = tally->model};

    page.cost_decimals = decimals_of(&page, page.m->settings.cost, MONEY_DECIMALS);
    page.qaly_decimals = decimals_of(&page, page.m->settings.qaly, HEALTH_DECIMALS);
    for (int32_t g = 0; g < page.m->n_groupings; g++) print_grouping(&page, g, out);
}

/* ---- JSON ---- */

/* {"sex": "male", "ancestry": "African"} */
static json_t *levels_json(const model_t *m, const model_grouping_t *grouping, int32_t group)
{
    json_t *out = json_object();
    int32_t *levels = memory_resize(NULL, (size_t)grouping->axes.count, sizeof *levels);

    subgroups_levels(m, grouping, group, levels);
    for (int32_t a = 0; a < grouping->axes.count; a++) {
        const model_group_axis_t *axis = &m->group_axes[grouping->axes.first + a];
        const char *thing = model_text(m, axis->kind == GROUP_BAND ? m->numbers[axis->index].name : m->slots[axis->index].name);
        char name[512];
        snprintf(name, sizeof name, "%s%s", axis->kind == GROUP_FIRST_SHOWN ? "first " : "", thing);
        json_object_set_new(out, name, json_string(model_text(m, m->name_list[axis->level_names.first + levels[a]])));
    }
    free(levels);
    return out;
}

static json_t *group_json(const tally_t *tally, const run_facts_t *facts, int32_t grouping, int32_t group)
{
    run_facts_t own = *facts;
    psa_run_t draws = {0};
    const tally_t view = subgroups_view(tally, grouping, group);
    const model_grouping_t *g = &tally->model->groupings[grouping];
    char *name = subgroups_name(tally->model, g, group);

    if (facts->psa) {
        draws = *facts->psa;
        draws.psa = psa_group(&facts->psa->psa, subgroups_first(tally->model, grouping) + group);
        own.psa = draws.psa.n_draws > 0 ? &draws : NULL;
    }
    json_t *patients = tally_is_concealed(&view) ? json_null() : json_integer((json_int_t)patients_of(&view));
    json_t *out = json_pack("{s:s, s:o, s:o, s:o, s:o}", "group", name, "levels", levels_json(tally->model, g, group), "patients",
                            patients, "strategies", results_strategies_json(&view, &own), "comparisons",
                            results_comparisons_json(&view, &own));

    free(name);
    return out;
}

static json_t *adjusted_outcomes_json(const adjusted_t *a, int32_t s, int32_t t)
{
    const model_t *m = a->tally->model;
    json_t *out = json_object();

    for (int32_t o = 0; o < m->n_outcomes; o++)
        json_object_set_new(out, model_text(m, m->outcomes[o].name),
                            estimate_json(t == MODEL_NONE ? adjusted_outcome(a, s, o) : adjusted_difference(a, s, t, o)));
    return out;
}

static json_t *adjusted_comparison_json(const adjusted_t *a, int32_t s, int32_t t)
{
    const model_t *m = a->tally->model;
    json_t *out = json_pack("{s:s, s:s, s:o}", "strategy", model_strategy_name(m, s), "comparator", model_strategy_name(m, t), "outcomes", adjusted_outcomes_json(a, s, t));

    if (m->settings.thresholds.count > 0)
        json_object_set_new(out, "nmb", estimate_json(adjusted_nmb_difference(a, s, t, m->reals[m->settings.thresholds.first])));
    return out;
}

/* Of everybody, with the groups at their known shares; null if these are not known, or a group has too few people. */
static json_t *adjusted_json(const tally_t *tally, int32_t grouping)
{
    const model_t *m = tally->model;
    json_t *shares = json_array(), *strategies = json_array(), *comparisons = json_array(), *out = NULL;
    adjusted_t adjusted;

    if (adjusted_init(&adjusted, tally, grouping)) {
        for (int32_t k = 0; k < m->groupings[grouping].n_groups; k++) json_array_append_new(shares, json_number(adjusted.share[k]));
        for (int32_t s = 0; s < m->n_strategies; s++)
            json_array_append_new(strategies, json_pack("{s:s, s:o}", "name", model_strategy_name(m, s), "outcomes", adjusted_outcomes_json(&adjusted, s, MODEL_NONE)));
        for (int32_t s = 0; s < m->n_strategies; s++)
            for (int32_t t = 0; t < m->n_strategies; t++)
                if (t != s) json_array_append_new(comparisons, adjusted_comparison_json(&adjusted, s, t));
        out = json_pack("{s:O, s:O, s:O}", "shares", shares, "strategies", strategies, "comparisons", comparisons);
    }
    adjusted_release(&adjusted);
    json_decref(shares);
    json_decref(strategies);
    json_decref(comparisons);
    return out ? out : json_null();
}

json_t *subgroups_json(const tally_t *tally, const run_facts_t *facts)
{
    const model_t *m = tally->model;
    json_t *out = json_array();

    for (int32_t i = 0; i < m->n_groupings; i++) {
        json_t *groups = json_array();
        for (int32_t k = 0; k < m->groupings[i].n_groups; k++) json_array_append_new(groups, group_json(tally, facts, i, k));
        json_array_append_new(out, json_pack("{s:s, s:o, s:o}", "by", model_text(m, m->groupings[i].name), "groups", groups,
                                             "adjusted", adjusted_json(tally, i)));
    }
    return out;
}
