/*
 * The report as tables. A column of one strategy's figures, and one of each other strategy's difference from it, all with their errors; the
 * rest of what there is, JSON and CSV have.
 */
#include <math.h>

#include "cli/estimates.h"
#include "cli/numbers.h"
#include "cli/report_print.h"
#include "cli/text_table.h"
#include "stats/figures.h"
#include "stats/number_needed.h"
#include "stats/spread.h"

enum { MOST_TIMES_SHOWN = 12 };

typedef struct {
    const tally_t *tally;
    const model_t *m;
    int32_t reference;
    FILE *out;
} page_t;

static text_table_t *start(const page_t *page, const char *title, const char *what)
{
    text_table_t *table = text_table_new();

    fprintf(page->out, "\n%s: under '%s', and what the others differ by (paired)\n", title, model_strategy_name(page->m, page->reference));
    text_table_column(table, ALIGN_LEFT, "%s", what);
    estimate_columns(table, model_strategy_name(page->m, page->reference));
    for (int32_t s = 0; s < page->m->n_strategies; s++)
        if (s != page->reference) estimate_columns(table, model_strategy_name(page->m, s));
    return table;
}

static void put(text_table_t *table, estimate_t x, double scale, int most)
{
    estimate_put_own(table, (estimate_t){.mean = x.mean * scale, .se = x.se * scale}, most);
}

/* A line of a table; none if the figure is 0 for all. */
static void add_line(const page_t *page, text_table_t *table, const char *name, int32_t figure, double scale, int most)
{
    bool is_any = false;

    for (int32_t s = 0; s < page->m->n_strategies; s++) is_any |= figure_mean(page->tally, s, figure).mean != 0;
    if (!is_any) return;
    text_table_cell(table, "%s", name);
    put(table, figure_mean(page->tally, page->reference, figure), scale, most);
    for (int32_t s = 0; s < page->m->n_strategies; s++)
        if (s != page->reference) put(table, figure_difference(page->tally, s, page->reference, figure), scale, most);
}

static int decimals_of(const model_t *m, int32_t outcome) { return outcome == m->settings.qaly ? HEALTH_DECIMALS : MONEY_DECIMALS; }

static void print_categories(const page_t *page)
{
    for (int32_t o = 0; o < page->m->n_outcomes; o++) {
        const model_span_t cells = page->m->outcomes[o].cells;
        char title[256];
        if (cells.count < 2) continue;
        snprintf(title, sizeof title, "%s per person, by %s", model_text(page->m, page->m->outcomes[o].name), o == page->m->settings.qaly ? "item" : "category");
        text_table_t *table = start(page, title, "");
        for (int32_t c = cells.first; c < cells.first + cells.count; c++)
            add_line(page, table, model_text(page->m, page->m->cells[c].name), figure_of_cell(page->m, c), 1, decimals_of(page->m, o));
        table_end(table, page->out);
    }
}

static bool is_event(const model_t *m, int32_t moment)
{
    const int32_t kind = m->moments[moment].kind;
    return kind == MOMENT_TIMED || kind == MOMENT_IMMEDIATE || kind == MOMENT_ORDER;
}

static void print_events(const page_t *page)
{
    text_table_t *table = start(page, "Events per person", "event");

    for (int32_t i = 0; i < page->m->n_moments; i++)
        if (is_event(page->m, i)) add_line(page, table, model_text(page->m, page->m->moments[i].name), figure_of_event(page->m, i), 1, EVENT_DECIMALS);
    table_end(table, page->out);
    table = start(page, "Share of people to whom it ever happens", "event");
    for (int32_t i = 0; i < page->m->n_moments; i++)
        if (is_event(page->m, i)) add_line(page, table, model_text(page->m, page->m->moments[i].name), figure_of_ever(page->m, i), 1, EVENT_DECIMALS);
    table_end(table, page->out);
}

/* ---- numbers needed ---- */

static int whole(double x) { return fabs(x) < 10 ? 1 : 0; }

static void put_needed(text_table_t *table, number_needed_t x)
{
    if (isnan(x.value)) {
        text_table_cell(table, "%s", "");
        text_table_cell(table, "%s", "");
        return;
    }
    text_table_cell(table, "%s", number_grouped(x.value, whole(x.value)).text);
    switch (x.kind) {
    case INTERVAL_NONE: text_table_cell(table, "%s", ""); break;
    case INTERVAL_BOUNDED: text_table_cell(table, "%s to %s", number_grouped(x.low, whole(x.low)).text, number_grouped(x.high, whole(x.high)).text); break;
    case INTERVAL_OUTSIDE: text_table_cell(table, "below %s or above %s", number_grouped(x.low, whole(x.low)).text, number_grouped(x.high, whole(x.high)).text); break;
    case INTERVAL_ALL: text_table_cell(table, "any"); break;
    }
}

static void add_needed(const page_t *page, text_table_t *table, int32_t s, int32_t moment)
{
    const model_t *m = page->m;
    const bool is_qaly = moment == m->n_moments;
    const estimate_t gained = is_qaly ? results_difference(page->tally, s, page->reference, m->settings.qaly)
                                      : figure_difference(page->tally, page->reference, s, figure_of_event(m, moment));

    if (gained.mean == 0) return;
    text_table_cell(table, "%s", model_strategy_name(m, s));
    text_table_cell(table, "%s", is_qaly ? "QALY gained" : model_text(m, m->moments[moment].name));
    put_needed(table, number_needed_for_one(gained));
    put_needed(table, number_needed_against(page->tally, AGAINST_TESTS, s, page->reference, moment));
    put_needed(table, number_needed_against(page->tally, AGAINST_COST, s, page->reference, moment));
}

static void print_needed(const page_t *page)
{
    const model_t *m = page->m;
    text_table_t *table = text_table_new();

    fprintf(page->out, "\nNumbers needed instead of '%s' for one event fewer, or one QALY more (below 0: for one more, or fewer)\n", model_strategy_name(m, page->reference));
    text_table_column(table, ALIGN_LEFT, "strategy");
    text_table_column(table, ALIGN_LEFT, "for one");
    text_table_column(table, ALIGN_RIGHT, "people");
    text_table_column(table, ALIGN_LEFT, "95 %%");
    text_table_column(table, ALIGN_RIGHT, "tests");
    text_table_column(table, ALIGN_LEFT, "95 %%");
    text_table_column(table, ALIGN_RIGHT, "cost");
    text_table_column(table, ALIGN_LEFT, "95 %%");
    for (int32_t s = 0; s < m->n_strategies; s++)
        for (int32_t i = 0; s != page->reference && i <= m->n_moments; i++)
            if (i == m->n_moments || (is_event(m, i) && m->moments[i].kind != MOMENT_ORDER)) add_needed(page, table, s, i);
    table_end(table, page->out);
}

/* ---- over time ---- */

/* Whether one of many times is shown: about MOST_TIMES_SHOWN of them, the last one always. */
static bool is_shown(const model_report_t *r, int32_t time)
{
    const int32_t step = (r->n_times - 1) / MOST_TIMES_SHOWN + 1;
    return (r->n_times - 1 - time) % step == 0;
}

static void print_states(const page_t *page)
{
    const model_t *m = page->m;
    const model_report_t *r = &m->settings.report;
    char name[64];

    for (int32_t slot = m->settings.n_attributes; slot < m->settings.n_attributes + m->settings.n_processes; slot++)
        for (int32_t l = 0; m->slots[slot].is_reported && l < m->slots[slot].level_names.count; l++) {
            char title[256];
            if (slot == m->settings.life && l == LIFE_DEAD) continue; /* who is not alive */
            snprintf(title, sizeof title, "Share of people in %s.%s", model_text(m, m->slots[slot].name), model_level_name(m, slot, l));
            text_table_t *table = start(page, title, "years");
            for (int32_t k = 0; k < r->n_times; k++) {
                snprintf(name, sizeof name, "%.4g", r->time[k] / m->settings.minutes_per_year);
                if (is_shown(r, k)) add_line(page, table, name, figure_of_state(m, k, slot, l), 1, EVENT_DECIMALS);
            }
            table_end(table, page->out);
        }
    text_table_t *table = start(page, "Mean years alive, until so many years (restricted mean survival)", "years");
    for (int32_t k = 0; k < r->n_times; k++) {
        snprintf(name, sizeof name, "%.4g", r->time[k] / m->settings.minutes_per_year);
        if (is_shown(r, k)) add_line(page, table, name, figure_of_survival(m, k), 1 / m->settings.minutes_per_year, HEALTH_DECIMALS);
    }
    table_end(table, page->out);
}

static void print_years(const page_t *page)
{
    const model_t *m = page->m;
    const model_report_t *r = &m->settings.report;
    const int32_t outcomes[] = {m->settings.cost, m->settings.qaly};

    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        char title[128], name[64];
        snprintf(title, sizeof title, "%s by %s, discounted as the model says", i == 0 ? "Costs" : "QALYs", r->is_by_calendar ? "calendar year" : "year since entry");
        text_table_t *table = start(page, title, "year");
        for (int32_t y = 0; y < r->n_years; y++) {
            if (!r->is_by_calendar) snprintf(name, sizeof name, "%d", y + 1);
            else if (y == 0) snprintf(name, sizeof name, "before %d", r->first_year);
            else if (y == r->n_years - 1) snprintf(name, sizeof name, "after %d", r->first_year + y - 2);
            else snprintf(name, sizeof name, "%d", r->first_year + y - 1);
            add_line(page, table, name, figure_of_year(m, y, m->n_cells + outcomes[i]), 1, decimals_of(m, outcomes[i]));
        }
        table_end(table, page->out);
    }
}

/* ---- between people ---- */

static void put_quantiles(text_table_t *table, const page_t *page, int32_t which, int32_t s, int32_t t)
{
    static const double levels[] = {0.025, 0.25, 0.5, 0.75, 0.975};
    const int decimals = spread_outcome(page->m, which) == page->m->settings.cost ? 0 : 3;

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        text_table_cell(table, "%s", number_grouped(spread_quantile(page->tally, which, s, t, levels[i]).value, decimals).text);
}

static void print_quantiles(const page_t *page)
{
    text_table_t *table = text_table_new();

    fprintf(page->out, "\nDistribution between people (quantiles), and of each person's difference from '%s' if their luck is the same\n", model_strategy_name(page->m, page->reference));
    text_table_column(table, ALIGN_LEFT, "outcome");
    text_table_column(table, ALIGN_LEFT, "strategy");
    for (int i = 0; i < 5; i++) text_table_column(table, ALIGN_RIGHT, "%s", (const char *const[]){"2.5 %", "25 %", "50 %", "75 %", "97.5 %"}[i]);
    for (int32_t which = 0; which < SPREAD_OUTCOMES; which++)
        for (int32_t s = 0; s < 2 * page->m->n_strategies; s++) {
            const bool is_difference = s >= page->m->n_strategies;
            const int32_t own = s % page->m->n_strategies;
            if (is_difference && own == page->reference) continue;
            text_table_cell(table, "%s", model_text(page->m, page->m->outcomes[spread_outcome(page->m, which)].name));
            text_table_cell(table, "%s%s", model_strategy_name(page->m, own), is_difference ? ", difference" : "");
            put_quantiles(table, page, which, own, is_difference ? page->reference : MODEL_NONE);
        }
    table_end(table, page->out);
}

static void put_side(text_table_t *table, const page_t *page, int32_t which, int32_t s, bool is_better)
{
    const spread_side_t side = (which == 0) == is_better ? SPREAD_LESS : SPREAD_MORE;
    const estimate_t same = spread_share(page->tally, which, s, page->reference, side), other = spread_independent(page->tally, which, s, page->reference, side);

    put(table, same, 100, 2);
    if (isnan(other.mean)) text_table_cell(table, "%s", ""), text_table_cell(table, "%s", "");
    else put(table, other, 100, 2);
}

static void print_shares(const page_t *page)
{
    text_table_t *table = text_table_new();

    fprintf(page->out, "\nPer cent of people better and worse off than under '%s'\n", model_strategy_name(page->m, page->reference));
    text_table_column(table, ALIGN_LEFT, "outcome");
    text_table_column(table, ALIGN_LEFT, "strategy");
    estimate_columns(table, "better: same luck");
    estimate_columns(table, "independent luck");
    estimate_columns(table, "worse: same luck");
    estimate_columns(table, "independent luck");
    for (int32_t which = 0; which < SPREAD_OUTCOMES; which++)
        for (int32_t s = 0; s < page->m->n_strategies; s++) {
            if (s == page->reference) continue;
            text_table_cell(table, "%s", model_text(page->m, page->m->outcomes[spread_outcome(page->m, which)].name));
            text_table_cell(table, "%s", model_strategy_name(page->m, s));
            put_side(table, page, which, s, true);
            put_side(table, page, which, s, false);
        }
    table_end(table, page->out);
    fputs("  same luck: if individual susceptibility is unchanged by the choice; independent luck: the same people, lived with other luck.\n"
          "  Neither is an estimate: who gains is not identifiable, since nobody takes both ways. What is better for cost is less\n", page->out);
}

void report_print_text(const tally_t *tally, int32_t reference, FILE *out)
{
    const page_t page = {tally, tally->model, reference, out};
    const uint32_t kinds = tally_report_kinds(tally);

    if (kinds && !disclosure_is_off(&tally->disclosure)) {
        fputs("\nno report: the people are from a file, and figures of few of them would tell who they are (--min-cell 0 shows it)\n", out);
        return;
    }
    if (kinds & REPORT_CATEGORIES) print_categories(&page);
    if (kinds & REPORT_EVENTS) print_events(&page);
    if ((kinds & REPORT_EVENTS) && page.m->n_strategies > 1) print_needed(&page);
    if (kinds & REPORT_STATES) print_states(&page);
    if (kinds & REPORT_YEARS) print_years(&page);
    if (kinds & REPORT_SPREAD) print_quantiles(&page);
    if ((kinds & REPORT_SPREAD) && page.m->n_strategies > 1) print_shares(&page);
}
