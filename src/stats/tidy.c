/* Walks over all figures of a tally and names them. Computes nothing of its own. */
#include "stats/tidy.h"

#include <math.h>

#include "stats/cea.h"
#include "stats/figures.h"
#include "stats/number_needed.h"
#include "stats/results.h"
#include "stats/spread.h"

const tidy_column_t tidy_columns[TIDY_COLUMNS] = {
    {"part", "what the row is about"},
    {"strategy", "name of the strategy"},
    {"comparator", "the row is the difference from this strategy; empty: it is of the strategy alone"},
    {"outcome", "outcome or process"},
    {"item", "category, item, event or state"},
    {"group", "of whom"},
    {"time", "years since entry; of a year its number from 1, or that of the calendar"},
    {"statistic", "what the value is"},
    {"level", "of a quantile; threshold of a net benefit"},
    {"unit", "of value, se, low and high"},
    {"value", ""},
    {"se", "Monte Carlo standard error; of differences paired"},
    {"low", "95 % limit, of what has no standard error"},
    {"high", "95 % limit"},
    {"interval", "between low and high, outside (below low or above high), any, none"},
};

typedef struct {
    const tally_t *tally;
    const model_t *m;
    int32_t reference;
    tidy_taker_t take;
    void *context;
} walk_t;

static const char *const intervals[] = {[INTERVAL_NONE] = "none", [INTERVAL_BOUNDED] = "between", [INTERVAL_OUTSIDE] = "outside", [INTERVAL_ALL] = "any"};

static const char *strategy_of(const walk_t *w, int32_t s) { return s == MODEL_NONE ? "" : model_strategy_name(w->m, s); }

static tidy_row_t row_of(const walk_t *w, const char *part, int32_t s, int32_t t)
{
    return (tidy_row_t){.part = part, .strategy = strategy_of(w, s), .comparator = strategy_of(w, t), .outcome = "", .item = "", .group = "all",
                        .time = NAN, .statistic = t == MODEL_NONE ? "mean" : "difference", .level = NAN, .unit = "", .value = NAN, .se = NAN,
                        .low = NAN, .high = NAN, .interval = ""};
}

static void give(const walk_t *w, tidy_row_t row, estimate_t x)
{
    row.value = x.mean;
    row.se = x.se;
    w->take(w->context, &row);
}

static void give_needed(const walk_t *w, tidy_row_t row, number_needed_t x)
{
    if (isnan(x.value)) return;
    row.value = x.value;
    row.low = x.low;
    row.high = x.high;
    row.interval = intervals[x.kind];
    w->take(w->context, &row);
}

/* ---- what every run keeps ---- */

static void walk_outcomes(const walk_t *w)
{
    for (int32_t s = 0; s < w->m->n_strategies; s++)
        for (int32_t t = MODEL_NONE; t < w->m->n_strategies; t++)
            for (int32_t o = 0; t != s && o < w->m->n_outcomes; o++) {
                tidy_row_t row = row_of(w, "outcome", s, t);
                row.outcome = model_text(w->m, w->m->outcomes[o].name);
                row.unit = model_text(w->m, w->m->outcomes[o].unit);
                give(w, row, t == MODEL_NONE ? results_outcome(w->tally, s, o) : results_difference(w->tally, s, t, o));
            }
}

static void walk_comparisons(const walk_t *w)
{
    const model_settings_t *settings = &w->m->settings;
    cea_t cea;

    if (cea_of_tally(w->tally, &cea) != POPGX_OK) return;
    for (int32_t s = 0; s < cea.n; s++)
        for (int32_t t = 0; t < cea.n; t++) {
            if (s == t) continue;
            tidy_row_t row = row_of(w, "comparison", s, t);
            row.outcome = "cost per qaly";
            row.unit = model_text(w->m, settings->currency);
            row.statistic = "icer";
            const icer_t icer = cea_icer(&cea, s, t);
            if (cea_verdict(&cea, s, t) >= VERDICT_COSTS_MORE) {
                row.se = icer.se;
                give_needed(w, row, (number_needed_t){icer.icer, icer.kind, icer.low, icer.high});
            }
            row.outcome = "net monetary benefit";
            row.statistic = "difference";
            for (int32_t k = 0; k < settings->thresholds.count; k++) {
                row.level = w->m->reals[settings->thresholds.first + k];
                give(w, row, cea_nmb(&cea, s, t, row.level));
            }
        }
    cea_release(&cea);
}

/* One row for each strategy and, if the figure is paired, one for each difference from the reference; none if it is 0 for all. */
typedef estimate_t (*own_t)(const tally_t *tally, int32_t s, int32_t figure);

static estimate_t scaled(estimate_t x, double scale) { return (estimate_t){.mean = x.mean * scale, .se = x.se * scale}; }

/* `scale`: of the row's unit, in that of the figure. */
static void give_figure(const walk_t *w, tidy_row_t row, own_t own, bool is_paired, int32_t figure, double scale)
{
    bool is_any = false;

    for (int32_t s = 0; s < w->m->n_strategies; s++) {
        const estimate_t x = own(w->tally, s, figure);
        is_any |= x.mean != 0 || x.se != 0;
    }
    for (int32_t s = 0; is_any && s < w->m->n_strategies; s++) {
        row.strategy = strategy_of(w, s);
        give(w, row, scaled(own(w->tally, s, figure), scale));
        if (!is_paired || s == w->reference) continue;
        tidy_row_t difference = row;
        difference.comparator = strategy_of(w, w->reference);
        difference.statistic = "difference";
        give(w, difference, scaled(figure_difference(w->tally, s, w->reference, figure), scale));
    }
}

static void walk_cells(const walk_t *w)
{
    const bool is_paired = (tally_report_kinds(w->tally) & REPORT_CATEGORIES) != 0;

    for (int32_t c = 0; c < w->m->n_cells; c++) {
        const model_outcome_t *outcome = &w->m->outcomes[w->m->cells[c].outcome];
        tidy_row_t row = row_of(w, "category", 0, MODEL_NONE);
        row.outcome = model_text(w->m, outcome->name);
        row.item = model_text(w->m, w->m->cells[c].name);
        row.unit = model_text(w->m, outcome->unit);
        if (is_paired) give_figure(w, row, figure_mean, true, figure_of_cell(w->m, c), 1);
        else give_figure(w, row, results_cell, false, c, 1);
    }
}

static void walk_events(const walk_t *w)
{
    const bool is_paired = (tally_report_kinds(w->tally) & REPORT_EVENTS) != 0;

    for (int32_t i = 0; i < w->m->n_moments; i++) {
        tidy_row_t row = row_of(w, "event", 0, MODEL_NONE);
        if (!model_is_recorded(w->m->moments[i].kind)) continue;
        row.item = model_text(w->m, w->m->moments[i].name);
        row.outcome = "occurrences";
        row.unit = "per person";
        if (is_paired) give_figure(w, row, figure_mean, true, figure_of_event(w->m, i), 1);
        else give_figure(w, row, results_events, false, i, 1);
        row.outcome = "people with any";
        row.unit = "share of people";
        if (is_paired) give_figure(w, row, figure_mean, true, figure_of_ever(w->m, i), 1);
    }
}

static void walk_occupancy(const walk_t *w)
{
    for (int32_t slot = w->m->settings.n_attributes; slot < w->m->settings.n_attributes + w->m->settings.n_processes; slot++)
        for (int32_t l = 0; w->m->slots[slot].is_reported && l < w->m->slots[slot].level_names.count; l++)
            for (int32_t s = 0; s < w->m->n_strategies; s++) {
                tidy_row_t row = row_of(w, "state at the horizon", s, MODEL_NONE);
                row.outcome = model_text(w->m, w->m->slots[slot].name);
                row.item = model_level_name(w->m, slot, l);
                row.unit = "share of people";
                give(w, row, results_occupancy(w->tally, s, slot, l));
            }
}

/* ---- what was asked for ---- */

static void walk_needed(const walk_t *w)
{
    const model_t *m = w->m;

    for (int32_t s = 0; s < m->n_strategies; s++)
        for (int32_t i = 0; s != w->reference && i <= m->n_moments; i++) {
            const bool is_qaly = i == m->n_moments;
            if (!is_qaly && !model_is_recorded(m->moments[i].kind)) continue;
            estimate_t gained = is_qaly ? results_difference(w->tally, s, w->reference, m->settings.qaly)
                                        : figure_difference(w->tally, w->reference, s, figure_of_event(m, i));
            tidy_row_t row = row_of(w, "number needed", s, w->reference);
            row.outcome = is_qaly ? "one QALY gained" : "one event prevented";
            row.item = is_qaly ? "" : model_text(m, m->moments[i].name);
            row.statistic = "people";
            if (gained.mean == 0 && gained.se == 0) continue;
            give_needed(w, row, number_needed_for_one(gained));
            row.statistic = "tests";
            give_needed(w, row, number_needed_against(w->tally, AGAINST_TESTS, s, w->reference, i));
            row.statistic = "cost";
            row.unit = model_text(m, m->settings.currency);
            if (!is_qaly) give_needed(w, row, number_needed_against(w->tally, AGAINST_COST, s, w->reference, i));
        }
}

static void walk_states(const walk_t *w)
{
    const model_t *m = w->m;
    const model_report_t *r = &m->settings.report;

    for (int32_t k = 0; k < r->n_times; k++) {
        tidy_row_t row = row_of(w, "state", 0, MODEL_NONE);
        row.time = r->time[k] / m->settings.minutes_per_year;
        row.unit = "share of people";
        for (int32_t slot = m->settings.n_attributes; slot < m->settings.n_attributes + m->settings.n_processes; slot++)
            for (int32_t l = 0; m->slots[slot].is_reported && l < m->slots[slot].level_names.count; l++) {
                row.outcome = model_text(m, m->slots[slot].name);
                row.item = model_level_name(m, slot, l);
                give_figure(w, row, figure_mean, true, figure_of_state(m, k, slot, l), 1);
            }
        row.outcome = "restricted mean survival";
        row.item = "";
        row.unit = "years";
        give_figure(w, row, figure_mean, true, figure_of_survival(m, k), 1 / m->settings.minutes_per_year);
    }
}

static void walk_years(const walk_t *w)
{
    const model_t *m = w->m;
    const model_report_t *r = &m->settings.report;

    for (int32_t y = 0; y < r->n_years; y++)
        for (int32_t line = 0; line < figures_lines(m); line++) {
            const model_outcome_t *outcome = &m->outcomes[line < m->n_cells ? m->cells[line].outcome : line - m->n_cells];
            tidy_row_t row = row_of(w, "year", 0, MODEL_NONE);
            row.time = r->is_by_calendar ? r->first_year - 1 + y : y + 1; /* the first and the last calendar year stand for all before and after */
            row.outcome = model_text(m, outcome->name);
            row.item = line < m->n_cells ? model_text(m, m->cells[line].name) : "";
            row.unit = model_text(m, outcome->unit);
            if (line < m->n_cells && outcome->cells.count < 2) continue; /* it is the outcome */
            give_figure(w, row, figure_mean, true, figure_of_year(m, y, line), 1);
        }
}

static const double LEVELS[] = {0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975};
static const char *const lucks[] = {"if individual susceptibility is unchanged by the choice", "with independent luck"};

static void walk_quantiles(const walk_t *w, int32_t which, int32_t s, int32_t t)
{
    const model_outcome_t *outcome = &w->m->outcomes[spread_outcome(w->m, which)];
    tidy_row_t row = row_of(w, "distribution", s, t);

    row.outcome = model_text(w->m, outcome->name);
    row.unit = model_text(w->m, outcome->unit);
    row.statistic = "quantile";
    for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++) {
        const spread_quantile_t x = spread_quantile(w->tally, which, s, t, LEVELS[i]);
        row.level = LEVELS[i];
        give_needed(w, row, (number_needed_t){x.value, INTERVAL_BOUNDED, x.low, x.high});
    }
}

/* Never of the one kind of luck alone. */
static void walk_shares(const walk_t *w, int32_t which, int32_t s, int32_t t)
{
    const bool is_more_better = spread_outcome(w->m, which) != w->m->settings.cost;
    tidy_row_t row = row_of(w, "better or worse off", s, t);

    row.outcome = model_text(w->m, w->m->outcomes[spread_outcome(w->m, which)].name);
    row.unit = "share of people";
    for (int luck = 0; luck < 2; luck++)
        for (spread_side_t side = SPREAD_MORE; side <= SPREAD_SAME; side++) {
            const estimate_t x = luck ? spread_independent(w->tally, which, s, t, side) : spread_share(w->tally, which, s, t, side);
            row.item = lucks[luck];
            row.statistic = side == SPREAD_SAME ? "same" : (side == SPREAD_MORE) == is_more_better ? "better" : "worse";
            if (!isnan(x.mean)) give(w, row, x);
        }
}

static void walk_spread(const walk_t *w)
{
    for (int32_t which = 0; which < SPREAD_OUTCOMES; which++)
        for (int32_t s = 0; s < w->m->n_strategies; s++) {
            walk_quantiles(w, which, s, MODEL_NONE);
            if (s == w->reference) continue;
            walk_quantiles(w, which, s, w->reference);
            walk_shares(w, which, s, w->reference);
        }
}

static void walk_report(const walk_t *w)
{
    const uint32_t kinds = tally_report_kinds(w->tally);

    if (!disclosure_is_off(&w->tally->disclosure)) return; /* figures of few people, year by year, tell who they are */
    if (kinds & REPORT_CATEGORIES) walk_cells(w);
    if (kinds & REPORT_EVENTS) walk_events(w);
    if (kinds & REPORT_EVENTS) walk_needed(w);
    if (kinds & REPORT_STATES) walk_states(w);
    if (kinds & REPORT_YEARS) walk_years(w);
    if (kinds & REPORT_SPREAD) walk_spread(w);
}

void tidy_report_rows(const tally_t *tally, int32_t reference, tidy_taker_t take, void *context)
{
    walk_report(&(walk_t){tally, tally->model, reference, take, context});
}

void tidy_rows(const tally_t *tally, int32_t reference, tidy_taker_t take, void *context)
{
    const walk_t w = {tally, tally->model, reference, take, context};
    const uint32_t kinds = tally_report_kinds(tally);

    walk_outcomes(&w);
    walk_comparisons(&w);
    if (!(kinds & REPORT_CATEGORIES)) walk_cells(&w);
    if (!(kinds & REPORT_EVENTS)) walk_events(&w);
    walk_occupancy(&w);
    walk_report(&w);
}
