/* Expected values as tables and as JSON. Nothing here is worked out but differences, ratios and sums over states. */
#include "cli/expected_print.h"

#include <math.h>
#include <stdlib.h>

#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/text_table.h"
#include "core/memory.h"
#include "stats/frontier.h"

enum { SHARE_DECIMALS = 6 };

static double difference(const expected_t *e, int32_t s, int32_t t, int32_t outcome)
{
    return expected_outcome(e, s, outcome) - expected_outcome(e, t, outcome);
}

/* NaN if there is no difference in health. */
static double icer(const expected_t *e, int32_t s, int32_t t)
{
    const double qaly = difference(e, s, t, e->model->settings.qaly);
    return qaly == 0 ? NAN : difference(e, s, t, e->model->settings.cost) / qaly;
}

static bool is_shown(const model_t *m, int32_t slot)
{
    return m->slots[slot].is_reported && slot >= m->settings.n_attributes && slot < m->settings.n_attributes + m->settings.n_processes;
}

/* ---- JSON ---- */

static json_t *mean_json(double mean) { return json_pack("{s:o}", "mean", json_number(mean)); }

static json_t *outcomes_json(const expected_t *e, int32_t s)
{
    const model_t *m = e->model;
    json_t *out = json_object();
    for (int32_t o = 0; o < m->n_outcomes; o++) json_object_set_new(out, model_text(m, m->outcomes[o].name), mean_json(expected_outcome(e, s, o)));
    return out;
}

static json_t *cells_json(const expected_t *e, int32_t s, int32_t outcome)
{
    const model_t *m = e->model;
    json_t *out = json_object();
    for (int32_t c = 0; c < m->n_cells; c++)
        if (m->cells[c].outcome == outcome) json_object_set_new(out, model_text(m, m->cells[c].name), mean_json(expected_cell(e, s, c)));
    return out;
}

static json_t *events_json(const expected_t *e, int32_t s)
{
    const model_t *m = e->model;
    json_t *out = json_object();
    for (int32_t i = 0; i < m->n_moments; i++) {
        const model_moment_t *moment = &m->moments[i];
        if (!model_is_recorded(moment->kind) || (moment->kind == MOMENT_ACTION && moment->strategy != s)) continue;
        json_object_set_new(out, model_text(m, moment->name), mean_json(e->events[(size_t)s * (size_t)m->n_moments + (size_t)i]));
    }
    return out;
}

/* "process.state" -> probability: a number in the trace, {"mean": ...} elsewhere. */
static json_t *occupancy_json(const expected_t *e, int32_t s, int32_t point, bool is_plain)
{
    const model_t *m = e->model;
    json_t *out = json_object();
    for (int32_t slot = 0; slot < m->n_slots; slot++)
        for (int32_t l = 0; is_shown(m, slot) && l < m->slots[slot].level_names.count; l++) {
            const double p = expected_occupancy(e, s, point, slot, l);
            char name[512];
            snprintf(name, sizeof name, "%s.%s", model_text(m, m->slots[slot].name), model_level_name(m, slot, l));
            json_object_set_new(out, name, is_plain ? json_number(p) : mean_json(p));
        }
    return out;
}

static json_t *trace_json(const expected_t *e, int32_t s)
{
    const model_t *m = e->model;
    json_t *trace = json_array();
    for (int32_t t = 0; t < e->n_points; t++) {
        json_t *row = json_pack("{s:i, s:o, s:o}", "cycle", t, "years", json_number(t * (m->settings.cycle.minutes / m->settings.minutes_per_year)),
                                "occupancy", occupancy_json(e, s, t, true));
        for (int32_t o = 0; row && o < m->n_outcomes; o++)
            json_object_set_new(row, model_text(m, m->outcomes[o].name), json_number(expected_outcome_at(e, s, t, o)));
        json_array_append_new(trace, row);
    }
    return trace;
}

static json_t *strategy_json(const expected_t *e, int32_t s)
{
    const model_t *m = e->model;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "name", model_strategy_name(m, s), "outcomes", outcomes_json(e, s), "costs",
                     cells_json(e, s, m->settings.cost), "qaly_items", cells_json(e, s, m->settings.qaly), "events", events_json(e, s),
                     "occupancy_at_horizon", occupancy_json(e, s, e->n_points - 1, false), "trace", trace_json(e, s));
}

static json_t *comparison_json(const expected_t *e, int32_t s, int32_t t)
{
    const model_t *m = e->model;
    json_t *differences = json_object();

    for (int32_t o = 0; o < m->n_outcomes; o++)
        json_object_set_new(differences, model_text(m, m->outcomes[o].name), mean_json(difference(e, s, t, o)));
    json_t *out = json_pack("{s:s, s:s, s:o, s:o}", "strategy", model_strategy_name(m, s), "comparator",
                            model_strategy_name(m, t), "outcomes", differences, "icer", json_number(icer(e, s, t)));
    if (out && m->settings.thresholds.count > 0) {
        const double threshold = m->reals[m->settings.thresholds.first];
        json_object_set_new(out, "nmb", mean_json(threshold * difference(e, s, t, m->settings.qaly) - difference(e, s, t, m->settings.cost)));
    }
    return out;
}

json_t *expected_json(const expected_t *e, const char *model_path, double seconds)
{
    const model_t *m = e->model;
    json_t *names = json_array(), *strategies = json_array(), *comparisons = json_array();

    for (int32_t s = 0; s < m->n_strategies; s++) {
        json_array_append_new(names, json_string(model_strategy_name(m, s)));
        json_array_append_new(strategies, strategy_json(e, s));
        for (int32_t t = 0; t < m->n_strategies; t++)
            if (t != s) json_array_append_new(comparisons, comparison_json(e, s, t));
    }
    json_t *run = json_pack("{s:s, s:b, s:o, s:i, s:I, s:o}", "model", model_path, "expected", 1, "strategies", names, "cycles", e->n_points - 1,
                            "kinds", (json_int_t)e->n_kinds, "seconds", json_number(seconds));
    return json_pack("{s:o, s:o, s:o}", "run", run, "strategies", strategies, "comparisons", comparisons);
}

/* ---- tables ---- */

static void print_outcomes(const expected_t *e, FILE *out)
{
    const model_t *m = e->model;
    text_table_t *table = text_table_new();

    fputs("\nPer person (discounted as the model says; expected values, no simulation)\n", out);
    text_table_column(table, ALIGN_LEFT, "strategy");
    for (int32_t o = 0; o < m->n_outcomes; o++)
        text_table_column(table, ALIGN_RIGHT, o == m->settings.cost ? "%s, %s" : "%s", model_text(m, m->outcomes[o].name), model_text(m, m->outcomes[o].unit));
    for (int32_t s = 0; s < m->n_strategies; s++) {
        text_table_cell(table, "%s", model_strategy_name(m, s));
        for (int32_t o = 0; o < m->n_outcomes; o++)
            text_table_cell(table, "%s", number_grouped(expected_outcome(e, s, o), o == m->settings.cost ? MONEY_DECIMALS : HEALTH_DECIMALS).text);
    }
    table_end(table, out);
}

static void print_frontier(const expected_t *e, FILE *out)
{
    static const char *const words[] = {"", "dominated", "extendedly dominated"};
    const model_t *m = e->model;
    const size_t n = (size_t)m->n_strategies;
    double *cost = memory_resize(NULL, 2 * n, sizeof *cost), *effect = cost + n;
    frontier_entry_t *entries = memory_resize(NULL, n, sizeof *entries);
    text_table_t *table = text_table_new();

    for (int32_t s = 0; s < m->n_strategies; s++) {
        cost[s] = expected_outcome(e, s, m->settings.cost);
        effect[s] = expected_outcome(e, s, m->settings.qaly);
    }
    frontier_find(cost, effect, m->n_strategies, entries);
    fputs("\nIncremental analysis, by cost\n", out);
    text_table_column(table, ALIGN_LEFT, "strategy");
    text_table_column(table, ALIGN_LEFT, "against");
    text_table_column(table, ALIGN_RIGHT, "cost");
    text_table_column(table, ALIGN_RIGHT, "QALYs");
    text_table_column(table, ALIGN_RIGHT, "ICER");
    for (size_t i = 0; i < n; i++) {
        const int32_t s = entries[i].strategy, before = entries[i].previous;
        text_table_cell(table, "%s", model_strategy_name(m, s));
        text_table_cell(table, "%s", before >= 0 ? model_strategy_name(m, before) : words[entries[i].status]);
        text_table_cell(table, "%s", before >= 0 ? number_grouped(cost[s] - cost[before], MONEY_DECIMALS).text : "");
        text_table_cell(table, "%s", before >= 0 ? number_grouped(effect[s] - effect[before], HEALTH_DECIMALS).text : "");
        text_table_cell(table, "%s", before >= 0 ? number_grouped(entries[i].icer, MONEY_DECIMALS).text : "");
    }
    table_end(table, out);
    free(cost);
    free(entries);
}

/* A process with one state says nothing; of `life` the dead are enough. */
static bool has_column(const model_t *m, int32_t slot, int32_t level)
{
    return is_shown(m, slot) && m->slots[slot].level_names.count > 1 && !(slot == m->settings.life && level == LIFE_ALIVE);
}

static void print_trace(const expected_t *e, int32_t s, FILE *out)
{
    const model_t *m = e->model;
    text_table_t *table = text_table_new();

    fprintf(out, "\nTrace of '%s': where people are at each point of time, and what that point adds\n", model_strategy_name(m, s));
    text_table_column(table, ALIGN_RIGHT, "cycle");
    for (int32_t slot = 0; slot < m->n_slots; slot++)
        for (int32_t l = 0; l < m->slots[slot].level_names.count; l++)
            if (has_column(m, slot, l)) text_table_column(table, ALIGN_RIGHT, "%s\n%s", model_text(m, m->slots[slot].name), model_level_name(m, slot, l));
    text_table_column(table, ALIGN_RIGHT, "cost");
    text_table_column(table, ALIGN_RIGHT, "QALYs");
    for (int32_t t = 0; t < e->n_points; t++) {
        text_table_cell(table, "%d", t);
        for (int32_t slot = 0; slot < m->n_slots; slot++)
            for (int32_t l = 0; l < m->slots[slot].level_names.count; l++)
                if (has_column(m, slot, l)) text_table_cell(table, "%s", number_grouped(expected_occupancy(e, s, t, slot, l), SHARE_DECIMALS).text);
        text_table_cell(table, "%s", number_grouped(expected_outcome_at(e, s, t, m->settings.cost), MONEY_DECIMALS).text);
        text_table_cell(table, "%s", number_grouped(expected_outcome_at(e, s, t, m->settings.qaly), HEALTH_DECIMALS).text);
    }
    table_end(table, out);
}

void expected_print_text(const expected_t *e, FILE *out)
{
    const model_t *m = e->model;

    if (*model_text(m, m->settings.title)) fprintf(out, "%s\n", model_text(m, m->settings.title));
    fprintf(out, "%d strateg%s, %d cycles of %.6g days, at most %lld kinds of people at a time\n", m->n_strategies, m->n_strategies == 1 ? "y" : "ies",
            e->n_points - 1, m->settings.cycle.minutes / 1440.0, (long long)e->n_kinds);
    print_outcomes(e, out);
    if (m->n_strategies > 1) print_frontier(e, out);
    for (int32_t s = 0; s < m->n_strategies; s++) print_trace(e, s, out);
}
