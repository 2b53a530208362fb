/*
 * Keeps figures (figures.h). A figure is an int32 column of the people of a block under each strategy; how it is filled differs, how
 * it is added up does not. Columns that are 0 for everybody are not written, only marked.
 */
#include "stats/figures.h"

#include <stdlib.h>
#include <string.h>

enum { NOWHERE = 255 }; /* the state of the dead in processes other than life */

struct figures {
    const model_t *model;       /* borrowed */
    const kernels_t *kernels;
    exact_sum_t *sums;          /* borrowed: [n_strategies][n] sums, as many coarse ones, [pairs][n] products */
    int32_t n;
    size_t capacity;
    int32_t *column;            /* [n_strategies][n][capacity] */
    bool *is_filled;            /* [n_strategies][n]: not 0 for everybody */
    int64_t *total;             /* scratch: [capacity] */
    uint8_t *state, *next;      /* [n_processes][capacity]: state now, and the first time at which it is not yet known */
    uint8_t *at;                /* [n_times][n_processes][capacity]: state at that time */
};

/* ---- which figures there are ---- */

static bool is_kept(const model_t *m, model_report_kind_t kind) { return (m->settings.report.kinds & (uint32_t)kind) != 0; }

static int32_t states_of(const model_t *m)
{
    const int32_t first = m->settings.n_attributes;
    return tally_level_offset(m, first + m->settings.n_processes) - tally_level_offset(m, first);
}

int32_t figures_lines(const model_t *m) { return m->n_cells + m->n_outcomes; }

/* Where the figures of each kind begin, in this order. */
typedef struct {
    int32_t cells, events, tests, states, years, end;
} order_t;

static order_t order_of(const model_t *m)
{
    const model_report_t *r = &m->settings.report;
    order_t at = {0};

    at.events = at.cells + (is_kept(m, REPORT_CATEGORIES) ? m->n_cells : 0);
    at.tests = at.events + (is_kept(m, REPORT_EVENTS) ? 2 * m->n_moments : 0);
    at.states = at.tests + is_kept(m, REPORT_EVENTS);
    at.years = at.states + (is_kept(m, REPORT_STATES) ? r->n_times * (states_of(m) + 1) : 0);
    at.end = at.years + (is_kept(m, REPORT_YEARS) ? r->n_years * figures_lines(m) : 0);
    return at;
}

int32_t figures_count(const model_t *m) { return m->settings.report.kinds ? order_of(m).end : 0; }

static int32_t pairs_of(const model_t *m) { return m->n_strategies * (m->n_strategies + 1) / 2; }

/* Of tests and costs with moments and QALYs. */
static int32_t crosses_of(const model_t *m) { return is_kept(m, REPORT_EVENTS) ? N_AGAINST * m->n_strategies * m->n_strategies * (m->n_moments + 1) : 0; }

int32_t figures_sums(const model_t *m) { return figures_count(m) * (2 * m->n_strategies + pairs_of(m)) + crosses_of(m); }

/* Where, behind the products of figures with themselves. */
static int32_t cross_at(const model_t *m, figure_against_t what, int32_t s, int32_t t, int32_t moment)
{
    return figures_sums(m) - crosses_of(m) + (((int32_t)what * m->n_strategies + s) * m->n_strategies + t) * (m->n_moments + 1) + moment;
}

int32_t figure_of_cell(const model_t *m, int32_t cell) { return is_kept(m, REPORT_CATEGORIES) ? order_of(m).cells + cell : MODEL_NONE; }
int32_t figure_of_event(const model_t *m, int32_t moment) { return is_kept(m, REPORT_EVENTS) ? order_of(m).events + moment : MODEL_NONE; }

int32_t figure_of_ever(const model_t *m, int32_t moment)
{
    return is_kept(m, REPORT_EVENTS) ? order_of(m).events + m->n_moments + moment : MODEL_NONE;
}

int32_t figure_of_state(const model_t *m, int32_t time, int32_t slot, int32_t level)
{
    const int32_t offset = tally_level_offset(m, slot) - tally_level_offset(m, m->settings.n_attributes) + level;
    return is_kept(m, REPORT_STATES) ? order_of(m).states + time * (states_of(m) + 1) + offset : MODEL_NONE;
}

int32_t figure_of_survival(const model_t *m, int32_t time)
{
    return is_kept(m, REPORT_STATES) ? order_of(m).states + time * (states_of(m) + 1) + states_of(m) : MODEL_NONE;
}

int32_t figure_of_year(const model_t *m, int32_t year, int32_t line)
{
    return is_kept(m, REPORT_YEARS) ? order_of(m).years + year * figures_lines(m) + line : MODEL_NONE;
}

/* The outcome whose grid a figure is on, or NULL for counts. */
static const model_outcome_t *outcome_of(const model_t *m, int32_t figure)
{
    const order_t at = order_of(m);
    int32_t line = figure < at.events ? figure : figure >= at.years ? (figure - at.years) % figures_lines(m) : MODEL_NONE;

    if (line == MODEL_NONE) return NULL;
    return &m->outcomes[line < m->n_cells ? m->cells[line].outcome : line - m->n_cells];
}

/* ---- what they come to ---- */

static exact_sum_t product_sum(const tally_t *tally, int32_t s, int32_t t, int32_t figure)
{
    const int32_t more = s > t ? s : t, less = s > t ? t : s, n = figures_count(tally->model);
    const exact_sum_t *products = tally->sums + tally->layout.figure + 2 * tally->model->n_strategies * n;
    return products[(more * (more + 1) / 2 + less) * n + figure];
}

static results_sums_t sums_of(const tally_t *tally, int32_t s, int32_t figure)
{
    const model_outcome_t *outcome = outcome_of(tally->model, figure);
    const int32_t n = figures_count(tally->model);
    const exact_sum_t *sums = tally->sums + tally->layout.figure + s * n + figure;

    return (results_sums_t){.sum = sums[0], .coarse = sums[tally->model->n_strategies * n], .squares = product_sum(tally, s, s, figure),
                            .bits = outcome ? outcome->grid_bits : 0, .coarse_bits = outcome ? outcome->coarse_bits : 0};
}

estimate_t figure_mean(const tally_t *tally, int32_t strategy, int32_t figure) { return results_estimate(tally, sums_of(tally, strategy, figure)); }

estimate_t figure_difference(const tally_t *tally, int32_t strategy, int32_t comparator, int32_t figure)
{
    const results_sums_t a = sums_of(tally, strategy, figure), b = sums_of(tally, comparator, figure);
    results_sums_t x = a;

    x.sum -= b.sum;
    x.coarse -= b.coarse;
    x.squares += b.squares - 2 * product_sum(tally, strategy, comparator, figure);
    return results_estimate(tally, x);
}

estimate_t figure_tests(const tally_t *tally, int32_t strategy) { return figure_mean(tally, strategy, order_of(tally->model).tests); }

double figure_tests_covariance(const tally_t *tally, int32_t s, int32_t t)
{
    const int32_t figure = order_of(tally->model).tests;
    return results_covariance_of(tally, product_sum(tally, s, t, figure), sums_of(tally, s, figure).sum, sums_of(tally, t, figure).sum, 0);
}

double figure_covariance(const tally_t *tally, figure_against_t what, int32_t s, int32_t t, int32_t moment)
{
    const model_t *m = tally->model;
    const model_outcome_t *cost = &m->outcomes[m->settings.cost], *qaly = &m->outcomes[m->settings.qaly];
    const exact_sum_t *outcomes = tally->sums + tally->layout.outcome_coarse;
    const bool is_qaly = moment == m->n_moments;
    const exact_sum_t x = what == AGAINST_COST ? outcomes[s * m->n_outcomes + m->settings.cost] : sums_of(tally, s, order_of(m).tests).sum;
    const exact_sum_t y = is_qaly ? outcomes[t * m->n_outcomes + m->settings.qaly] : sums_of(tally, t, figure_of_event(m, moment)).sum;

    return results_covariance_of(tally, tally->sums[tally->layout.figure + cross_at(m, what, s, t, moment)], x, y,
                                 (what == AGAINST_COST ? cost->coarse_bits : 0) + (is_qaly ? qaly->coarse_bits : 0));
}

/* ---- memory ---- */

popgx_err_t figures_new(const model_t *model, size_t capacity, exact_sum_t *sums, figures_t **out)
{
    const size_t n = (size_t)figures_count(model), columns = n * (size_t)model->n_strategies,
                 processes = is_kept(model, REPORT_STATES) ? (size_t)model->settings.n_processes * capacity : 0;
    figures_t *f = *out = calloc(1, sizeof *f);

    if (!f) return FAIL(NOMEM, "no memory for the report");
    *f = (figures_t){.model = model, .kernels = kernels(), .sums = sums, .n = (int32_t)n, .capacity = capacity};
    f->column = malloc(columns * capacity * sizeof *f->column + 1);
    f->is_filled = calloc(columns + 1, sizeof *f->is_filled);
    f->total = calloc(capacity + 1, sizeof *f->total);
    f->state = calloc(processes + 1, 1);
    f->next = calloc(processes + 1, 1);
    f->at = calloc(processes * (size_t)model->settings.report.n_times + 1, 1);
    if (f->column && f->is_filled && f->total && f->state && f->next && f->at) return POPGX_OK;
    figures_free(f);
    *out = NULL;
    return FAIL(NOMEM, "no memory for a report of %zu figures of %zu people under %d strategies", n, capacity, model->n_strategies);
}

void figures_free(figures_t *f)
{
    if (!f) return;
    free(f->column);
    free(f->is_filled);
    free(f->total);
    free(f->state);
    free(f->next);
    free(f->at);
    free(f);
}

static int32_t *column_of(const figures_t *f, int32_t strategy, int32_t figure)
{
    return f->column + (size_t)(strategy * f->n + figure) * f->capacity;
}

/* The column is filled with counts: adds it up. */
static void add_counts(figures_t *f, int32_t strategy, int32_t figure, size_t n)
{
    const int32_t *restrict column = column_of(f, strategy, figure), at = strategy * f->n + figure;
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++) sum += column[i];
    f->is_filled[at] = sum != 0;
    f->sums[at] += sum;
    f->sums[f->model->n_strategies * f->n + at] += sum;
}

/* ---- amounts: of categories, of years ---- */

static popgx_err_t add_amounts(figures_t *f, int32_t strategy, int32_t figure, size_t n, const int64_t *amount)
{
    const model_outcome_t *outcome = outcome_of(f->model, figure);
    const int32_t at = strategy * f->n + figure;
    kernel_moments_t moments;

    f->kernels->coarsen((int32_t)n, amount, outcome->grid_bits - outcome->coarse_bits, column_of(f, strategy, figure), &moments);
    if (moments.wide >> 31)
        return FAIL(RANGE, "under %s, somebody's %s of a year is too large for its grid: give the model a larger `largest cost per person`",
                    model_strategy_name(f->model, strategy), model_text(f->model, outcome->name));
    f->is_filled[at] = moments.wide != 0 || moments.coarse_sum != 0;
    f->sums[at] += moments.sum;
    f->sums[f->model->n_strategies * f->n + at] += moments.coarse_sum;
    return POPGX_OK;
}

/* The outcomes of a year, from its cells. */
static popgx_err_t add_year(figures_t *f, int32_t strategy, int32_t year, const ledger_bill_t *bill)
{
    const model_t *m = f->model;
    popgx_err_t err = POPGX_OK;

    for (int32_t o = 0; o < m->n_outcomes; o++) {
        const model_span_t cells = m->outcomes[o].cells;
        bool is_any = false;
        memset(f->total, 0, bill->n * sizeof *f->total);
        for (int32_t c = cells.first; c < cells.first + cells.count; c++) {
            const int64_t *restrict amount = bill->year[year * m->n_cells + c];
            f->is_filled[strategy * f->n + figure_of_year(m, year, c)] = false;
            if (!amount) continue;
            is_any = true;
            TRY(add_amounts(f, strategy, figure_of_year(m, year, c), bill->n, amount));
            for (size_t i = 0; i < bill->n; i++) f->total[i] += amount[i];
        }
        f->is_filled[strategy * f->n + figure_of_year(m, year, m->n_cells + o)] = false;
        if (is_any) TRY(add_amounts(f, strategy, figure_of_year(m, year, m->n_cells + o), bill->n, f->total));
    }
out:
    return err;
}

/* ---- events ---- */

/* Tests ordered, of whatever kind. */
static void add_tests(figures_t *f, int32_t strategy, size_t n)
{
    const model_t *m = f->model;
    int32_t *restrict tests = column_of(f, strategy, order_of(m).tests);

    memset(tests, 0, n * sizeof *tests);
    for (int32_t i = 0; i < m->n_moments; i++) {
        const int32_t *restrict count = column_of(f, strategy, figure_of_event(m, i));
        if (m->moments[i].kind != MOMENT_ORDER || !f->is_filled[strategy * f->n + figure_of_event(m, i)]) continue;
        for (size_t p = 0; p < n; p++) tests[p] += count[p];
    }
    add_counts(f, strategy, order_of(m).tests, n);
}

static void add_events(figures_t *f, int32_t strategy, const trajectory_t *trajectory, size_t n)
{
    const model_t *m = f->model;
    const int32_t *person = trajectory->person;
    bool *is_filled = f->is_filled + (size_t)strategy * (size_t)f->n;

    memset(is_filled + figure_of_event(m, 0), 0, 2 * (size_t)m->n_moments * sizeof *is_filled);
    for (size_t r = 0; r < trajectory->n_runs; person += trajectory->runs[r].count, r++) {
        const int32_t figure = figure_of_event(m, trajectory->runs[r].moment);
        int32_t *restrict column = column_of(f, strategy, figure);
        if (!is_filled[figure]) memset(column, 0, n * sizeof *column);
        is_filled[figure] = true;
        for (int32_t k = 0; k < trajectory->runs[r].count; k++) column[person[k]]++;
    }
    add_tests(f, strategy, n);
    for (int32_t i = 0; i < m->n_moments; i++) {
        const int32_t *restrict count = column_of(f, strategy, figure_of_event(m, i));
        int32_t *restrict ever = column_of(f, strategy, figure_of_ever(m, i));
        if (!is_filled[figure_of_event(m, i)]) continue;
        for (size_t p = 0; p < n; p++) ever[p] = count[p] > 0;
        add_counts(f, strategy, figure_of_event(m, i), n);
        add_counts(f, strategy, figure_of_ever(m, i), n);
    }
}

/* ---- states ---- */

static uint8_t *state_at(const figures_t *f, int32_t time, int32_t process)
{
    return f->at + (size_t)(time * f->model->settings.n_processes + process) * f->capacity;
}

/* A person's state of a process is what it is at all times before `minute` that are not yet known. */
static void know(figures_t *f, int32_t process, int32_t person, int32_t minute)
{
    const model_report_t *r = &f->model->settings.report;
    const size_t at = (size_t)process * f->capacity + (size_t)person;

    while (f->next[at] < r->n_times && r->time[f->next[at]] < minute) state_at(f, f->next[at]++, process)[person] = f->state[at];
}

static void follow(figures_t *f, const trajectory_t *trajectory)
{
    const model_t *m = f->model;
    size_t at = 0;

    for (size_t r = 0; r < trajectory->n_runs; at += (size_t)trajectory->runs[r].count, r++) {
        const model_span_t effects = m->moments[trajectory->runs[r].moment].effects;
        for (int32_t e = effects.first; e < effects.first + effects.count; e++) {
            const int32_t process = m->effects[e].slot - m->settings.n_attributes;
            if (!m->slots[m->effects[e].slot].is_reported) continue;
            for (size_t k = at; k < at + (size_t)trajectory->runs[r].count; k++) {
                know(f, process, trajectory->person[k], trajectory->minute[k]);
                f->state[(size_t)process * f->capacity + (size_t)trajectory->person[k]] = (uint8_t)m->effects[e].level;
            }
        }
    }
}

static void add_states_at(figures_t *f, int32_t strategy, int32_t time, const int32_t *end, size_t n)
{
    const model_t *m = f->model;
    const int32_t first = m->settings.n_attributes, limit = m->settings.report.time[time];
    int32_t *restrict alive = column_of(f, strategy, figure_of_survival(m, time));

    for (int32_t p = 0; p < m->settings.n_processes; p++) {
        const uint8_t *restrict state = state_at(f, time, p);
        for (int32_t l = 0; l < m->slots[first + p].level_names.count; l++) {
            int32_t *restrict column = column_of(f, strategy, figure_of_state(m, time, first + p, l));
            f->is_filled[strategy * f->n + figure_of_state(m, time, first + p, l)] = false;
            if (!m->slots[first + p].is_reported) continue;
            for (size_t i = 0; i < n; i++) column[i] = state[i] == l;
            add_counts(f, strategy, figure_of_state(m, time, first + p, l), n);
        }
    }
    for (size_t i = 0; i < n; i++) alive[i] = end[i] < limit ? end[i] : limit;
    add_counts(f, strategy, figure_of_survival(m, time), n);
}

static void add_states(figures_t *f, int32_t strategy, const trajectory_t *trajectory, const ledger_bill_t *bill)
{
    const model_t *m = f->model;
    const int32_t life = m->settings.life - m->settings.n_attributes, n_times = m->settings.report.n_times;
    const size_t n = bill->n;

    for (int32_t p = 0; p < m->settings.n_processes; p++) {
        memset(f->state + (size_t)p * f->capacity, m->slots[m->settings.n_attributes + p].initial, n);
        memset(f->next + (size_t)p * f->capacity, 0, n);
    }
    follow(f, trajectory);
    for (int32_t p = 0; p < m->settings.n_processes; p++)
        for (size_t i = 0; i < n; i++) {
            const bool is_gone = p != life && bill->state[life][i] == LIFE_DEAD;
            if (is_gone) know(f, p, (int32_t)i, bill->end[i]);
            if (is_gone) f->state[(size_t)p * f->capacity + i] = NOWHERE;
            know(f, p, (int32_t)i, MODEL_NEVER);
        }
    for (int32_t t = 0; t < n_times; t++) add_states_at(f, strategy, t, bill->end, n);
}

/* ---- all of them ---- */

popgx_err_t figures_add(figures_t *f, int32_t strategy, const trajectory_t *trajectory, const ledger_bill_t *bill)
{
    const model_t *m = f->model;
    popgx_err_t err = POPGX_OK;

    for (int32_t c = 0; is_kept(m, REPORT_CATEGORIES) && c < m->n_cells; c++)
        TRY(add_amounts(f, strategy, figure_of_cell(m, c), bill->n, bill->cell[c]));
    if (is_kept(m, REPORT_EVENTS)) add_events(f, strategy, trajectory, bill->n);
    if (is_kept(m, REPORT_STATES)) add_states(f, strategy, trajectory, bill);
    for (int32_t y = 0; is_kept(m, REPORT_YEARS) && y < m->settings.report.n_years; y++) TRY(add_year(f, strategy, y, bill));
out:
    return err;
}

/* Tests and costs under s with moments and QALYs under t. */
static void add_crosses(figures_t *f, const tally_t *tally, int32_t s, int32_t t, size_t n)
{
    const model_t *m = f->model;
#define COARSE(s, o) (tally->coarse + (size_t)((s) * m->n_outcomes + (o)) * f->capacity)
    const int32_t *const x[N_AGAINST] = {[AGAINST_TESTS] = column_of(f, s, order_of(m).tests), [AGAINST_COST] = COARSE(s, m->settings.cost)};

    for (figure_against_t w = 0; w < N_AGAINST; w++) {
        exact_sum_t *to = f->sums + cross_at(m, w, s, t, 0);
        if (w == AGAINST_TESTS && !f->is_filled[s * f->n + order_of(m).tests]) continue;
        for (int32_t i = 0; i < m->n_moments; i++)
            if (f->is_filled[t * f->n + figure_of_event(m, i)]) to[i] += tally_product(tally, n, x[w], column_of(f, t, figure_of_event(m, i)));
        to[m->n_moments] += tally_product(tally, n, x[w], COARSE(t, m->settings.qaly));
    }
#undef COARSE
}

void figures_close(figures_t *f, const tally_t *tally, size_t n)
{
    const int32_t n_s = f->model->n_strategies;
    exact_sum_t *products = f->sums + 2 * n_s * f->n;

    for (int32_t s = 0; s < n_s; s++)
        for (int32_t t = 0; t <= s; t++, products += f->n)
            for (int32_t i = 0; i < f->n; i++)
                if (f->is_filled[s * f->n + i] && f->is_filled[t * f->n + i])
                    products[i] += tally_product(tally, n, column_of(f, s, i), column_of(f, t, i));
    for (int32_t s = 0; is_kept(f->model, REPORT_EVENTS) && s < n_s; s++)
        for (int32_t t = 0; t < n_s; t++) add_crosses(f, tally, s, t, n);
}
