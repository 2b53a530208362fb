/*
 * The results as tables for people. Every mean carries its Monte Carlo standard error in parentheses; a column shows as
 * many decimals as its smallest standard error warrants, so that columns line up and no digit is noise.
 */
#include <math.h>
#include <stdlib.h>

#include "cli/estimates.h"
#include "cli/numbers.h"
#include "cli/precision.h"
#include "cli/privacy.h"
#include "cli/report_print.h"
#include "cli/results_print.h"
#include "cli/text_table.h"
#include "core/memory.h"
#include "model/lots.h"
#include "stats/cea.h"
#include "stats/conceal.h"
#include "stats/results.h"

enum { TITLE_WIDTH = 14 };

typedef struct {
    const tally_t *tally;
    const model_t *m;
    FILE *out;
} page_t;

/* The finer of what was there and what this estimate warrants. */
static int finer(int decimals, estimate_t x, int most)
{
    int own = x.se > 0 ? number_decimals(x.se, most) : -1;
    return own > decimals ? own : decimals;
}

/* ---- outcomes ---- */

static int outcome_most_decimals(const model_t *m, int32_t outcome)
{
    return outcome == m->settings.cost ? MONEY_DECIMALS : HEALTH_DECIMALS;
}

static void outcome_title(const model_t *m, int32_t o, char *title, size_t size)
{
    const char *unit = model_text(m, m->outcomes[o].unit), *name = model_text(m, m->outcomes[o].name);
    if (o == m->settings.qaly) snprintf(title, size, "QALYs");
    else if (o == m->settings.life_years) snprintf(title, size, "life years");
    else if (o == m->settings.life_years_undiscounted) snprintf(title, size, "undiscounted");
    else if (o == m->settings.cost) snprintf(title, size, "%s%s%s", name, *unit ? ", " : "", unit);
    else snprintf(title, size, "%s", name);
}

/* Those that every model has come first; each has a column of its own. */
static int32_t usual_outcomes(const model_t *m) { return m->settings.life_years_undiscounted + 1; }

static void print_outcomes(const page_t *page)
{
    const model_t *m = page->m;
    text_table_t *table = text_table_new();

    fputs("\nPer person (discounted as the model says; Monte Carlo standard error in parentheses)\n", page->out);
    text_table_column(table, ALIGN_LEFT, "strategy");
    const int32_t n_usual = usual_outcomes(m);
    for (int32_t o = 0; o < n_usual; o++) {
        char title[128];
        outcome_title(m, o, title, sizeof title);
        estimate_columns(table, title);
    }
    for (int32_t s = 0; s < m->n_strategies; s++) {
        text_table_cell(table, "%s", model_strategy_name(page->m, s));
        for (int32_t o = 0; o < n_usual; o++) {
            int decimals = -1, most = outcome_most_decimals(m, o);
            for (int32_t t = 0; t < m->n_strategies; t++)
                decimals = finer(decimals, results_outcome(page->tally, t, o), most);
            estimate_put(table, results_outcome(page->tally, s, o), decimals);
        }
    }
    table_end(table, page->out);
}

/* What payers pay, and what the model counts besides: a line each. */
static void print_other_outcomes(const page_t *page)
{
    const model_t *m = page->m;
    text_table_t *table = text_table_new();

    if (usual_outcomes(m) < m->n_outcomes) fputs("\nOther outcomes per person\n", page->out);
    text_table_column(table, ALIGN_LEFT, "outcome");
    text_table_column(table, ALIGN_LEFT, "unit");
    for (int32_t s = 0; s < m->n_strategies; s++) estimate_columns(table, model_strategy_name(page->m, s));
    for (int32_t o = usual_outcomes(m); o < m->n_outcomes; o++) {
        text_table_cell(table, "%s", model_text(m, m->outcomes[o].name));
        text_table_cell(table, "%s", model_text(m, m->outcomes[o].unit));
        for (int32_t s = 0; s < m->n_strategies; s++) estimate_put(table, results_outcome(page->tally, s, o), finer(-1, results_outcome(page->tally, s, o), MONEY_DECIMALS));
    }
    table_end(table, page->out);
}

/* ---- incremental analysis ---- */

/* In words where the ratio says nothing: a strategy that is better and cheaper has no ICER worth the name. */
static void put_icer(text_table_t *table, double dcost, double dqaly, comparison_t comparison)
{
    if (dqaly == 0 && dcost == 0) text_table_cell(table, "same");
    else if (dcost <= 0 && dqaly >= 0) text_table_cell(table, "dominant");
    else if (dcost >= 0 && dqaly <= 0) text_table_cell(table, "dominated");
    else {
        int decimals = number_decimals(comparison.icer_se, MONEY_DECIMALS);
        text_table_cell(table, "%s%s", number_grouped(comparison.icer, decimals).text, dqaly < 0 ? " saved per QALY lost" : "");
        text_table_cell(table, "(%s)", number_grouped(comparison.icer_se, decimals).text);
        return;
    }
    text_table_cell(table, "%s", "");
}

static void print_incremental(const page_t *page)
{
    const model_t *m = page->m;
    int32_t cost = m->settings.cost, qaly = m->settings.qaly;
    int cost_decimals = -1, qaly_decimals = -1;
    text_table_t *table = text_table_new();

    fprintf(page->out, "\nDifference from '%s' (paired)\n", model_strategy_name(page->m, 0));
    text_table_column(table, ALIGN_LEFT, "strategy");
    estimate_columns(table, "cost");
    estimate_columns(table, "QALYs");
    estimate_columns(table, "ICER");
    for (int32_t s = 1; s < m->n_strategies; s++) {
        cost_decimals = finer(cost_decimals, results_difference(page->tally, s, 0, cost), MONEY_DECIMALS);
        qaly_decimals = finer(qaly_decimals, results_difference(page->tally, s, 0, qaly), HEALTH_DECIMALS);
    }
    for (int32_t s = 1; s < m->n_strategies; s++) {
        estimate_t dcost = results_difference(page->tally, s, 0, cost), dqaly = results_difference(page->tally, s, 0, qaly);
        text_table_cell(table, "%s", model_strategy_name(page->m, s));
        estimate_put(table, dcost, cost_decimals);
        estimate_put(table, dqaly, qaly_decimals);
        put_icer(table, dcost.mean, results_is_same(page->tally, s, 0, qaly) ? 0 : dqaly.mean, results_comparison(page->tally, s, 0));
    }
    table_end(table, page->out);
}

/* ---- frontier ---- */

static void put_frontier_row(const page_t *page, text_table_t *table, const frontier_entry_t *entry, double cost, double qaly)
{
    static const char *const words[] = {[FRONTIER_DOMINATED] = "dominated",
                                        [FRONTIER_EXTENDEDLY_DOMINATED] = "extendedly dominated"};

    text_table_cell(table, "%s", model_strategy_name(page->m, entry->strategy));
    text_table_cell(table, "%s", number_grouped(cost, MONEY_DECIMALS).text);
    text_table_cell(table, "%s", number_grouped(qaly, 4).text);
    if (entry->status != FRONTIER_ON) text_table_cell(table, "%s", words[entry->status]);
    else if (entry->previous < 0) text_table_cell(table, "%s", "");
    else text_table_cell(table, "%s", number_grouped(entry->icer, 0).text);
    text_table_cell(table, "%s", entry->previous < 0 ? "" : model_strategy_name(page->m, entry->previous));
}

static void print_frontier(const page_t *page)
{
    const model_t *m = page->m;
    size_t n = (size_t)m->n_strategies;
    frontier_entry_t *entries = memory_resize(NULL, n, sizeof *entries);
    text_table_t *table = text_table_new();
    cea_t cea;

    INVARIANT(cea_of_tally(page->tally, &cea) == POPGX_OK, "no memory for %zu strategies", n);
    fputs("\nEfficiency frontier, in the order of cost\n", page->out);
    cea_frontier(&cea, entries);
    text_table_column(table, ALIGN_LEFT, "strategy");
    text_table_column(table, ALIGN_RIGHT, "cost");
    text_table_column(table, ALIGN_RIGHT, "QALYs");
    text_table_column(table, ALIGN_RIGHT, "ICER");
    text_table_column(table, ALIGN_LEFT, "against");
    for (size_t i = 0; i < n; i++)
        put_frontier_row(page, table, &entries[i], cea.cost[entries[i].strategy], cea.qaly[entries[i].strategy]);
    table_end(table, page->out);
    free(entries);
    cea_release(&cea);
}

/* ---- net monetary benefit ---- */

static void print_nmb(const page_t *page)
{
    const model_t *m = page->m;
    text_table_t *table = text_table_new();

    fprintf(page->out, "\nIncremental net monetary benefit against '%s', by threshold%s%s per QALY\n", model_strategy_name(page->m, 0),
            *model_text(m, m->settings.currency) ? " in " : "", model_text(m, m->settings.currency));
    text_table_column(table, ALIGN_LEFT, "strategy");
    for (int32_t k = 0; k < m->settings.thresholds.count; k++)
        estimate_columns(table, number_grouped(m->reals[m->settings.thresholds.first + k], 0).text);
    for (int32_t s = 1; s < m->n_strategies; s++) {
        text_table_cell(table, "%s", model_strategy_name(page->m, s));
        for (int32_t k = 0; k < m->settings.thresholds.count; k++) {
            estimate_t nmb = results_nmb_difference(page->tally, s, 0, m->reals[m->settings.thresholds.first + k]);
            estimate_put(table, nmb, number_decimals(nmb.se, MONEY_DECIMALS));
        }
    }
    table_end(table, page->out);
}

/* ---- one line per category or event, one column per strategy ---- */

typedef estimate_t line_estimate_t(const tally_t *tally, int32_t strategy, int32_t index);

static void start_lines(const page_t *page, text_table_t *table, const char *what)
{
    text_table_column(table, ALIGN_LEFT, "%s", what);
    for (int32_t s = 0; s < page->m->n_strategies; s++) {
        char title[128];
        snprintf(title, sizeof title, "%s", model_strategy_name(page->m, s));
        text_wrap(title, TITLE_WIDTH);
        estimate_columns(table, title);
    }
}

static void add_line(const page_t *page, text_table_t *table, const char *name, int32_t index, line_estimate_t *estimate, int most)
{
    int decimals = -1;

    for (int32_t s = 0; s < page->m->n_strategies; s++) decimals = finer(decimals, estimate(page->tally, s, index), most);
    text_table_cell(table, "%s", name);
    for (int32_t s = 0; s < page->m->n_strategies; s++) estimate_put(table, estimate(page->tally, s, index), decimals);
}

static void print_cells(const page_t *page, int32_t outcome, const char *title, const char *what)
{
    const model_t *m = page->m;
    if (outcome == MODEL_NONE || m->outcomes[outcome].cells.count < 2) return; /* one cell is the outcome itself */
    model_span_t cells = m->outcomes[outcome].cells;
    text_table_t *table = text_table_new();

    fprintf(page->out, "\n%s\n", title);
    start_lines(page, table, what);
    for (int32_t c = cells.first; c < cells.first + cells.count; c++)
        add_line(page, table, model_text(m, m->cells[c].name), c, results_cell, outcome_most_decimals(m, outcome));
    table_end(table, page->out);
}

static bool happens(const page_t *page, int32_t moment)
{
    for (int32_t s = 0; s < page->m->n_strategies; s++)
        if (!(results_events(page->tally, s, moment).mean == 0)) return true; /* hidden ones are there */
    return false;
}

/* Results of tests and a strategy's own actions follow from what is listed: they are in --json. */
static void print_events(const page_t *page)
{
    const model_t *m = page->m;
    text_table_t *table = text_table_new();

    fputs("\nEvents per person\n", page->out);
    start_lines(page, table, "event");
    for (int32_t i = 0; i < m->n_moments; i++) {
        int32_t kind = m->moments[i].kind;
        if (kind != MOMENT_TIMED && kind != MOMENT_IMMEDIATE && kind != MOMENT_ORDER) continue;
        if (happens(page, i)) add_line(page, table, model_text(m, m->moments[i].name), i, results_events, EVENT_DECIMALS);
    }
    table_end(table, page->out);
}

/* ---- parameter uncertainty ---- */

/* Mean over the draws, then what lies between them. */
static void put_summary(text_table_t *table, psa_summary_t summary, int most)
{
    int decimals = summary.se > 0 ? number_decimals(summary.se, most) : most;

    text_table_cell(table, "%s", number_grouped(summary.mean, decimals).text);
    text_table_cell(table, "(%s)", number_grouped(summary.se, decimals).text);
    text_table_cell(table, "%s", number_grouped(summary.sd, decimals).text);
    text_table_cell(table, "%s to %s", number_grouped(summary.low, decimals).text, number_grouped(summary.high, decimals).text);
}

static void add_summary_columns(text_table_t *table, const char *title)
{
    estimate_columns(table, title);
    text_table_column(table, ALIGN_RIGHT, "SD");
    text_table_column(table, ALIGN_RIGHT, "95 %% of draws");
}

static void print_uncertainty(const page_t *page, const psa_run_t *run)
{
    const model_t *m = page->m;
    const int32_t outcomes[] = {m->settings.cost, m->settings.qaly};
    psa_figure_t figure = run->figure;
    text_table_t *table = text_table_new();

    fprintf(page->out, "\nParameter uncertainty: %s draws (%s) of %zu parameters, %s people each%s, in %.1f s\n"
            "Mean over draws (its standard error), standard deviation and range between draws, Monte Carlo noise taken out\n",
            number_count(run->psa.n_draws).text, psa_design_name(run->design), run->psa.n_parameters, number_count(run->psa.patients).text,
            run->is_chosen ? " (chosen)" : "", run->seconds);
    text_table_column(table, ALIGN_LEFT, "strategy");
    for (int i = 0; i < 2; i++) {
        char title[128];
        outcome_title(m, outcomes[i], title, sizeof title);
        add_summary_columns(table, title);
    }
    for (int32_t s = 0; s < m->n_strategies; s++) {
        text_table_cell(table, "%s", model_strategy_name(page->m, s));
        for (int i = 0; i < 2; i++) {
            psa_outcome(&run->psa, s, MODEL_NONE, outcomes[i], &figure);
            put_summary(table, psa_summary(&figure), outcome_most_decimals(m, outcomes[i]));
        }
    }
    table_end(table, page->out);
}

/* ---- the page ---- */

static void print_head(const page_t *page, const run_facts_t *facts)
{
    const model_t *m = page->m;
    const char *title = model_text(m, m->settings.title);
    char checksum[33];

    tally_checksum(page->tally, checksum);
    fprintf(page->out, "%s\n", *title ? title : facts->model_path);
    if (facts->part.of > 0) run_part_print(&facts->part, facts->first_patient, facts->patients, facts->psa ? (block_range_t){facts->psa->first_draw, facts->psa->psa.n_draws} : (block_range_t){0, 0}, page->out);
    fprintf(page->out, "%s people%s%s, %d strateg%s, horizon %.6g years, seed %llu\n", number_count(facts->patients).text,
            m->settings.lot_bits ? " in lots, " : "", m->settings.lot_bits ? lots_name(m->settings.lot_bits) : "",
            m->n_strategies, m->n_strategies == 1 ? "y" : "ies",
            m->settings.horizon / m->settings.minutes_per_year, (unsigned long long)facts->seed);
    fprintf(page->out, "%s timed events in %.2f s (%s per second) on %d rank%s x %d thread%s, %s; peak memory %s per rank\n",
            number_count(facts->n_fired).text, facts->seconds, number_grouped((double)facts->n_fired / facts->seconds, 0).text,
            facts->ranks, facts->ranks == 1 ? "" : "s", facts->threads, facts->threads == 1 ? "" : "s", facts->isa,
            number_bytes(facts->peak_rss_bytes).text);
    fprintf(page->out, "checksum %s\n", checksum);
    if (facts->until)
        fprintf(page->out, "%s: %s; it takes about %s people\n", facts->until->wanted, facts->until->is_reached ? "reached" : "not reached",
                number_count(facts->until->needed).text);
}

void results_print_text(const tally_t *tally, const run_facts_t *facts, FILE *out)
{
    const model_t *m = tally->model;
    page_t page = {.tally = tally, .m = m, .out = out};
    bool has_both = m->settings.cost != MODEL_NONE && m->settings.qaly != MODEL_NONE;

    print_head(&page, facts);
    if (facts->patients == 0) { /* a part that has draws alone */
        if (facts->psa) print_uncertainty(&page, facts->psa);
        return;
    }
    if (tally_is_concealed(tally)) {
        privacy_print(&tally->disclosure, out);
        return;
    }
    print_outcomes(&page);
    print_other_outcomes(&page);
    if (has_both && m->n_strategies > 1) {
        print_incremental(&page);
        if (m->n_strategies > 2) print_frontier(&page);
        if (m->settings.thresholds.count > 0) print_nmb(&page);
    }
    precision_t precision;
    if (precision_find(tally, facts->patients, &precision)) precision_print(&precision, out);
    if (facts->psa) print_uncertainty(&page, facts->psa);
    print_cells(&page, m->settings.cost, "Costs per person, by category", "category");
    print_cells(&page, m->settings.qaly, "QALYs per person, by item", "item");
    print_events(&page);
    if (has_both) subgroups_print_text(tally, out);
    report_print_text(tally, 0, out);
    privacy_print(&tally->disclosure, out);
}
