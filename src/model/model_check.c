/*
 * Whether a model is whole: every index inside its array, every row of probabilities cumulative, every kind known. It is
 * run on models that come from a file or another rank, and on freshly compiled ones, where a flaw is a mistake of the
 * compiler. After it, nobody needs to check an index again.
 */
#include <math.h>

#include "kernels/survival.h"
#include "model/program.h"

/* Fails with the record and the condition it breaks, in the words of this file: they are for developers. */
#define CHECK(what, i, condition)                                                                              \
    do {                                                                                                       \
        if (!(condition)) return FAIL(INPUT, "a flaw in a compiled model: %s %d: not (%s)", what, i, #condition); \
    } while (0)
#define UNKNOWN_KIND(what, i) return FAIL(INPUT, "a flaw in a compiled model: %s %d is of no known kind", what, i)

static bool in(int32_t index, int32_t n) { return index >= 0 && index < n; }
static bool in_or_none(int32_t index, int32_t n) { return index == MODEL_NONE || in(index, n); }
static bool inside(model_span_t span, int32_t n)
{
    return span.count == 0 || (span.count > 0 && span.first >= 0 && span.first <= n - span.count);
}
static bool is_name(const model_t *m, model_name_t name) { return in(name, m->n_text) || (name == 0 && m->n_text == 0); }
static bool is_slot(const model_t *m, int32_t slot, model_slot_kind_t kind) { return in(slot, m->n_slots) && m->slots[slot].kind == (int32_t)kind; }
static int32_t levels_of(const model_t *m, int32_t slot) { return m->slots[slot].level_names.count; }

/* Numbers in the array from table->first on, or -1 if an axis is wrong. */
static int64_t table_numbers(const model_t *m, const model_table_t *table)
{
    int64_t last_row = 0;

    if (!inside(table->axes, m->n_axes) || table->width < 1) return -1;
    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &m->axes[table->axes.first + a];
        if (!in(axis->slot, m->n_slots) || axis->stride < 0) return -1;
        last_row += (int64_t)axis->stride * (levels_of(m, axis->slot) - 1);
        if (last_row > INT32_MAX) return -1;
    }
    return (last_row + 1) * table->width;
}

static bool is_table(const model_t *m, const model_table_t *table, int32_t width, int32_t n)
{
    int64_t numbers = table_numbers(m, table);

    return table->width == width && numbers > 0 && table->first >= 0 && table->first <= n - numbers;
}

/* A table of real numbers, none below `low`. */
static bool are_finite_from(const model_t *m, const model_table_t *table, int32_t width, double low)
{
    if (!is_table(m, table, width, m->n_reals)) return false;
    for (int64_t i = 0, n = table_numbers(m, table); i < n; i++) {
        double x = m->reals[table->first + i];
        if (!isfinite(x) || x < low) return false;
    }
    return true;
}

static bool is_real_table(const model_t *m, const model_table_t *table, double low) { return are_finite_from(m, table, 1, low); }
static bool are_finite(const model_t *m, const model_table_t *table, int32_t width) { return are_finite_from(m, table, width, -INFINITY); }

/* Every row rises from at least 0 to exactly 1. */
/* Whether the first `n` numbers of the table are rows of cumulative probabilities. */
static bool are_cumulative(const model_t *m, const model_table_t *table, int32_t width, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double *x = &m->reals[table->first + i];
        bool is_first = i % width == 0, is_last = i % width == width - 1;
        if (!(*x >= (is_first ? 0 : x[-1])) || (is_last && *x != 1)) return false;
    }
    return true;
}

static bool is_cumulative(const model_t *m, const model_table_t *table, int32_t width)
{
    return is_table(m, table, width, m->n_reals) && are_cumulative(m, table, width, table_numbers(m, table));
}

/* The table of a branch is as many times as long as its time axes say. */
static bool is_branch_table(const model_t *m, const model_branch_t *b)
{
    if (!is_table(m, &b->table, b->table.width, m->n_reals) || !inside(b->times, m->n_time_axes)) return false;
    int64_t n = table_numbers(m, &b->table), rows = n / b->table.width;
    for (int32_t i = b->times.count; i-- > 0;) {
        const model_time_axis_t *axis = &m->time_axes[b->times.first + i];
        if (axis->kind < TIME_CYCLE || axis->kind > TIME_IN_STATE || axis->first < 0 || axis->count < 1 || axis->stride != rows) return false;
        if (axis->kind == TIME_IN_STATE && !is_slot(m, axis->process, SLOT_PROCESS)) return false;
        if (axis->kind == TIME_AGE && m->settings.age == MODEL_NONE) return false;
        rows *= axis->count;
        n *= axis->count;
        if (n > m->n_reals - b->table.first) return false;
    }
    return (b->times.count == 0 || m->settings.cycle.minutes > 0) && are_cumulative(m, &b->table, b->table.width, n);
}

static bool is_cycle(const model_t *m, const model_cycle_t *cycle)
{
    if (cycle->minutes == 0) return true;
    if (cycle->minutes < 1 || cycle->count < 1 || (int64_t)cycle->minutes * cycle->count >= m->settings.horizon) return false;
    if (!inside((model_span_t){cycle->weights, cycle->count + 1}, m->n_reals)) return false;
    for (int32_t t = 0; t <= cycle->count; t++)
        if (!(m->reals[cycle->weights + t] >= 0) || !isfinite(m->reals[cycle->weights + t])) return false;
    return true;
}

static bool are_indices(const model_t *m, model_span_t span, int32_t least, int32_t n)
{
    if (!inside(span, m->n_indices)) return false;
    for (int32_t i = 0; i < span.count; i++)
        if (m->indices[span.first + i] < least || m->indices[span.first + i] >= n) return false;
    return true;
}

static popgx_err_t check_names(const model_t *m)
{
    CHECK("text", m->n_text, m->n_text == 0 || m->text[m->n_text - 1] == '\0');
    for (int32_t i = 0; i < m->n_name_list; i++) CHECK("name", i, is_name(m, m->name_list[i]));
    for (int32_t i = 0; i < m->n_slots; i++) {
        const model_slot_t *s = &m->slots[i];
        int32_t attributes = m->settings.n_attributes, processes = m->settings.n_processes;
        CHECK("slot", i, is_name(m, s->name) && inside(s->level_names, m->n_name_list));
        CHECK("slot", i, s->level_names.count >= 1 && s->level_names.count <= MODEL_MAX_LEVELS && in(s->initial, s->level_names.count));
        int32_t rest = i - attributes - processes;
        CHECK("slot", i, s->kind == (i < attributes ? SLOT_ATTRIBUTE : rest < 0 ? SLOT_PROCESS
                                     : rest < m->settings.n_observations ? SLOT_OBSERVATION : SLOT_DERIVED));
    }
    for (int32_t i = 0; i < m->n_terms; i++) {
        CHECK("term", i, in(m->terms[i].slot, m->n_slots));
        int32_t n = levels_of(m, m->terms[i].slot);
        CHECK("term", i, n == 64 || m->terms[i].levels >> n == 0);
    }
    return POPGX_OK;
}

static bool is_report(const model_t *m, const model_report_t *report)
{
    if (report->kinds & ~(uint32_t)REPORT_EVERYTHING || report->n_years < 0 || report->n_years > REPORT_MOST_YEARS) return false;
    if ((report->kinds & REPORT_YEARS) && (report->n_years < 1 || !(m->settings.minutes_per_year > 0))) return false;
    if (report->is_by_calendar && (m->settings.calendar < 0 || report->n_years < 3)) return false;
    if (report->n_times < 0 || report->n_times > REPORT_MOST_TIMES) return false;
    for (int32_t i = 0; i < report->n_times; i++)
        if (report->time[i] < (i > 0 ? report->time[i - 1] + 1 : 0) || report->time[i] > m->settings.horizon) return false;
    return true;
}

static popgx_err_t check_settings(const model_t *m)
{
    const model_settings_t *s = &m->settings;

    CHECK("setting", 0, is_name(m, s->title) && is_name(m, s->source) && is_name(m, s->currency));
    CHECK("setting", 1, s->n_attributes >= 0 && s->n_processes >= 0 && s->n_observations >= 0 && s->n_derived >= 0);
    CHECK("setting", 2, (int64_t)s->n_attributes + s->n_processes + s->n_observations + s->n_derived == m->n_slots);
    CHECK("setting", 3, s->horizon >= 0 && s->minutes_per_year >= 0 && isfinite(s->minutes_per_year));
    CHECK("setting", 4, m->n_slots == 0 || (is_slot(m, s->life, SLOT_PROCESS) && levels_of(m, s->life) == 2));
    CHECK("setting", 5, m->n_numbers == 0 || (in_or_none(s->age, m->n_numbers) && in_or_none(s->calendar, m->n_numbers)));
    CHECK("setting", 6, m->n_outcomes == 0 || (in_or_none(s->cost, m->n_outcomes) && in_or_none(s->qaly, m->n_outcomes)));
    CHECK("setting", 7, m->n_outcomes == 0 || (in_or_none(s->life_years, m->n_outcomes) && in_or_none(s->life_years_undiscounted, m->n_outcomes)));
    CHECK("setting", 8, inside(s->thresholds, m->n_reals));
    CHECK("setting", 9, is_cycle(m, &s->cycle));
    CHECK("setting", 10, s->imported >= 0 && isfinite(s->imported));
    CHECK("setting", 11, is_report(m, &s->report));
    CHECK("setting", 12, inside(s->perspectives, m->n_outcomes));
    return POPGX_OK;
}

static bool is_band(const model_t *m, const model_step_t *s)
{
    model_span_t cuts = {s->table.first, s->table.width};

    if (!in(s->from, m->n_numbers) || !inside(cuts, m->n_reals) || cuts.count >= levels_of(m, s->to)) return false;
    for (int32_t i = 1; i < cuts.count; i++)
        if (!(m->reals[cuts.first + i - 1] < m->reals[cuts.first + i])) return false;
    return true;
}

/* The rows of both alleles. */
static bool is_gene(const model_t *m, const model_step_t *s, int32_t n_alleles)
{
    model_table_t second = s->table;
    if (s->first < 0 || s->first > m->n_reals - second.first) return false;
    second.first += s->first;
    return is_cumulative(m, &s->table, n_alleles) && is_cumulative(m, &second, n_alleles);
}

static bool is_distribution(int32_t kind) { return kind >= DISTRIBUTION_CONSTANT && kind <= DISTRIBUTION_QUANTILES; }

/* The step of a STEP_CELL's rows, or NULL. */
static const model_step_t *rows_of(const model_t *m, int32_t cell)
{
    for (int32_t i = 0; i < cell; i++)
        if (m->steps[i].kind == STEP_ROW && m->steps[i].to == m->steps[cell].from) return &m->steps[i];
    return NULL;
}

static bool is_column(const model_t *m, int32_t cell) { return rows_of(m, cell) != NULL; }

static model_span_t column_of(const model_t *m, int32_t cell) { return (model_span_t){m->steps[cell].first, rows_of(m, cell)->table.width}; }


/* What a formula may not read, besides what is wrong with its code. */
enum { NO_MINUTE = 1, NO_OBSERVATIONS = 2, NO_CHANGES = 4 };

static bool is_formula(const model_t *m, model_formula_t formula, unsigned without)
{
    program_reads_t reads = {0};

    if (formula < 0 || formula > m->n_programs) return false;
    if (formula == 0) return true;
    program_mark(m, formula, &reads);
    if (without & NO_MINUTE && reads.minute) return false;
    if (without & NO_CHANGES && !program_is_fixed(m, formula)) return false;
    const model_span_t code = m->programs[formula - 1].code;
    for (int32_t i = 0; without & NO_OBSERVATIONS && i < code.count; i++) {
        const model_code_t *step = &m->code[code.first + i];
        for (int32_t a = 0; step->kind == CODE_TABLE && a < m->tables[step->index].axes.count; a++)
            if (m->slots[m->axes[m->tables[step->index].axes.first + a].slot].kind == SLOT_OBSERVATION) return false;
    }
    return true;
}

static popgx_err_t check_programs(const model_t *m)
{
    const int32_t first = m->n_slots - m->settings.n_derived;

    for (int32_t i = 0; i < m->n_tables; i++) CHECK("table", i, is_real_table(m, &m->tables[i], -INFINITY));
    for (int32_t i = 0; i < m->n_programs; i++)
        CHECK("program", i, program_check(m, &m->programs[i]) && is_name(m, m->programs[i].text));
    for (int32_t i = 0; i < m->n_registers; i++)
        CHECK("register", i, is_name(m, m->registers[i].name) && is_formula(m, m->registers[i].start, NO_CHANGES));
    for (int32_t i = 0; i < m->n_updates; i++)
        CHECK("update", i, in(m->updates[i].target, m->n_registers) && m->updates[i].value && is_formula(m, m->updates[i].value, NO_OBSERVATIONS));
    CHECK("setting", 9, m->n_derived == m->settings.n_derived);
    for (int32_t i = 0; i < m->n_derived; i++) {
        const model_derived_t *d = &m->derived[i];
        CHECK("derived slot", i, d->slot == first + i && inside(d->cuts, m->n_reals) && d->cuts.count < levels_of(m, d->slot));
        CHECK("derived slot", i, d->value && is_formula(m, d->value, NO_MINUTE | NO_OBSERVATIONS));
        const model_span_t code = m->programs[d->value - 1].code;
        for (int32_t s = 0; s < code.count; s++) {
            const model_code_t *step = &m->code[code.first + s];
            for (int32_t a = 0; step->kind == CODE_TABLE && a < m->tables[step->index].axes.count; a++)
                CHECK("derived slot", i, m->axes[m->tables[step->index].axes.first + a].slot < d->slot);
        }
    }
    return POPGX_OK;
}

static popgx_err_t check_people(const model_t *m)
{
    for (int32_t i = 0; i < m->n_numbers; i++)
        CHECK("number", i, is_name(m, m->numbers[i].name) && is_name(m, m->numbers[i].unit) && m->numbers[i].per_unit > 0);
    for (int32_t i = 0; i < m->n_genes; i++) {
        const model_gene_t *g = &m->genes[i];
        CHECK("gene", i, is_name(m, g->name) && inside(g->allele_names, m->n_name_list));
        CHECK("gene", i, g->allele_names.count <= 32768 && in(g->reference, g->allele_names.count)); /* diplotypes are int32 */
    }
    for (int32_t i = 0; i < m->n_steps; i++) {
        const model_step_t *s = &m->steps[i];
        bool fills_slot = s->kind != STEP_NUMBER && s->kind != STEP_GENE && s->kind != STEP_SECOND && s->kind != STEP_FORMULA
                          && s->kind != STEP_ROW && s->kind != STEP_CELL;
        CHECK("step", i, !fills_slot || is_slot(m, s->to, SLOT_ATTRIBUTE));
        int32_t n = fills_slot ? levels_of(m, s->to) : 0;
        switch (s->kind) {
        case STEP_CATEGORY: CHECK("step", i, is_cumulative(m, &s->table, n)); break;
        case STEP_NUMBER:
            CHECK("step", i, in(s->to, m->n_numbers) && is_distribution(s->distribution));
            CHECK("step", i, is_table(m, &s->table, s->distribution == DISTRIBUTION_QUANTILES ? DISTRIBUTION_NODES : 4, m->n_reals));
            CHECK("step", i, s->distribution != DISTRIBUTION_QUANTILES || in_or_none(s->from, m->n_numbers));
            break;
        case STEP_GENE:
            CHECK("step", i, in(s->to, m->n_genes) && is_gene(m, s, m->genes[s->to].allele_names.count));
            break;
        case STEP_SECOND:
            CHECK("step", i, in(s->to, m->n_genes) && is_cumulative(m, &s->table, m->genes[s->to].allele_names.count));
            break;
        case STEP_DIPLOTYPE: {
            CHECK("step", i, in(s->from, m->n_genes));
            int32_t alleles = m->genes[s->from].allele_names.count;
            CHECK("step", i, are_indices(m, (model_span_t){s->first, alleles * alleles}, 0, n));
            break;
        }
        case STEP_MAP:
            CHECK("step", i, in(s->from, m->n_slots) && are_indices(m, (model_span_t){s->first, levels_of(m, s->from)}, 0, n));
            break;
        case STEP_BAND: CHECK("step", i, is_band(m, s)); break;
        case STEP_ROW: CHECK("step", i, in(s->to, m->n_numbers) && s->table.axes.count == 0 && is_cumulative(m, &s->table, s->table.width)); break;
        case STEP_CELL: CHECK("step", i, in(s->to, m->n_numbers) && is_column(m, i) && inside(column_of(m, i), m->n_reals)); break;
        case STEP_CELL_LEVEL: CHECK("step", i, is_column(m, i) && are_indices(m, column_of(m, i), 0, n)); break;
        case STEP_FORMULA: CHECK("step", i, in(s->to, m->n_numbers) && s->formula && is_formula(m, s->formula, NO_CHANGES)); break;
        default: UNKNOWN_KIND("step", i);
        }
    }
    return POPGX_OK;
}

/* The three rows of a piecewise curve: starts that rise from 0, rates, sums that do not fall. */
static bool is_piecewise(const model_t *m, const model_curve_t *curve)
{
    int32_t n = curve->pieces;

    if (n < 1 || n > INT32_MAX / 3 || !inside((model_span_t){curve->first, 3 * n}, m->n_reals)) return false;
    const double *starts = m->reals + curve->first, *rates = starts + n, *sums = rates + n;
    for (int32_t k = 0; k < n; k++) {
        if (!(rates[k] >= 0) || !isfinite(rates[k])) return false;
        if (k == 0 ? starts[0] != 0 || sums[0] != 0 : !(starts[k] > starts[k - 1] && sums[k] >= sums[k - 1])) return false;
    }
    return true;
}

/* Starts that rise from 0 and sums that do not fall from 0; coefficients that are numbers. Where the hazard ends, the last row's reach is huge. */
static bool is_tabulated(const model_t *m, const model_curve_t *curve)
{
    int32_t n = curve->pieces, row = TABULATED_ROW;

    if (n < 1 || n > INT32_MAX / (2 + row) || !inside((model_span_t){curve->first, (2 + row) * n}, m->n_reals)) return false;
    const double *starts = m->reals + curve->first, *rows = starts + n, *sums = rows + row * n;
    for (int32_t k = 0; k < row * n; k++)
        if (!isfinite(rows[k])) return false;
    for (int32_t k = 0; k < n; k++)
        if (k == 0 ? starts[0] != 0 || sums[0] != 0 : !(starts[k] > starts[k - 1] && sums[k] >= sums[k - 1])) return false;
    return true;
}

static popgx_err_t check_hazards(const model_t *m)
{
    for (int32_t i = 0; i < m->n_curves; i++) {
        const model_curve_t *curve = &m->curves[i];
        CHECK("curve", i, isfinite(curve->a) && isfinite(curve->b) && isfinite(curve->c));
        switch (curve->kind) {
        case CURVE_NEVER: break;
        case CURVE_EXPONENTIAL: CHECK("curve", i, curve->a >= 0); break;
        case CURVE_WEIBULL:
        case CURVE_LOGLOGISTIC: CHECK("curve", i, curve->a > 0 && curve->b > 0); break;
        case CURVE_GOMPERTZ: CHECK("curve", i, curve->a != 0); break;
        case CURVE_PIECEWISE: CHECK("curve", i, is_piecewise(m, curve)); break;
        case CURVE_TABULATED: CHECK("curve", i, is_tabulated(m, curve)); break;
        default: UNKNOWN_KIND("curve", i);
        }
    }
    for (int32_t i = 0; i < m->n_ratios; i++) CHECK("ratio", i, is_real_table(m, &m->ratios[i], 0));
    for (int32_t i = 0; i < m->n_clocks; i++) {
        const model_clock_t *clock = &m->clocks[i];
        CHECK("clock", i, is_formula(m, clock->formula, 0));
        CHECK("clock", i, in(clock->moment, m->n_moments) && inside(clock->enabled, m->n_terms) && inside(clock->ratios, m->n_ratios));
        switch (clock->kind) {
        case CLOCK_HAZARD:
            CHECK("clock", i, is_table(m, &clock->curve, 1, m->n_curves) && clock->scale >= SCALE_SINCE_START && clock->scale <= SCALE_CALENDAR);
            CHECK("clock", i, clock->scale != SCALE_CALENDAR || m->settings.calendar != MODEL_NONE);
            for (int64_t r = 0; clock->counts_exposure && r < table_numbers(m, &clock->curve); r++)
                CHECK("clock", i, m->curves[clock->curve.first + r].speed > 0);
            CHECK("clock", i, is_slot(m, clock->process, SLOT_PROCESS));
            CHECK("clock", i, is_formula(m, clock->formula, NO_MINUTE));
            break;
        case CLOCK_DELAY:
            CHECK("clock", i, clock->first >= 0);
            CHECK("clock", i, (clock->minutes >= 1 || clock->formula) && is_slot(m, clock->process, SLOT_PROCESS));
            CHECK("clock", i, clock->scale != SCALE_DATE || clock->formula);
            break;
        case CLOCK_TICK:
            CHECK("clock", i, clock->minutes >= 1 && clock->minutes == m->settings.cycle.minutes);
            break;
        case CLOCK_RESULT: CHECK("clock", i, in(clock->test, m->n_tests)); break;
        case CLOCK_REMINDER:
            CHECK("clock", i, clock->minutes >= 1 && in(clock->strategy, m->n_strategies));
            break;
        case CLOCK_DATE: CHECK("clock", i, clock->minutes >= 0 && in(clock->strategy, m->n_strategies)); break;
        default: UNKNOWN_KIND("clock", i);
        }
    }
    return POPGX_OK;
}

static popgx_err_t check_moments(const model_t *m)
{
    for (int32_t i = 0; i < m->n_effects; i++) {
        CHECK("effect", i, is_slot(m, m->effects[i].slot, SLOT_PROCESS));
        CHECK("effect", i, in(m->effects[i].level, levels_of(m, m->effects[i].slot)));
    }
    for (int32_t i = 0; i < m->n_branches; i++) {
        const model_branch_t *b = &m->branches[i];
        CHECK("branch", i, is_branch_table(m, b));
        CHECK("branch", i, b->formulas >= 0 && b->formulas <= m->n_programs - (b->formulas ? b->table.width - 2 : 0));
        CHECK("branch", i, are_indices(m, (model_span_t){b->outcomes, b->table.width}, MODEL_NONE, m->n_moments));
    }
    for (int32_t i = 0; i < m->n_moments; i++) {
        const model_moment_t *moment = &m->moments[i];
        CHECK("moment", i, moment->kind >= MOMENT_TIMED && moment->kind <= MOMENT_CYCLE && is_name(m, moment->name));
        CHECK("moment", i, inside(moment->effects, m->n_effects) && inside(moment->branches, m->n_branches) && inside(moment->updates, m->n_updates));
        CHECK("moment", i, moment->updates.count == 0 || model_is_recorded(moment->kind)); /* the ledger replays what is recorded */
        if (moment->kind == MOMENT_ORDER || moment->kind == MOMENT_RESULT) CHECK("moment", i, in(moment->test, m->n_tests));
        if (moment->kind == MOMENT_DATE) CHECK("moment", i, in(moment->strategy, m->n_strategies));
    }
    return POPGX_OK;
}

static bool is_wait(const model_t *m, const model_test_t *t)
{
    static const int32_t width[] = {[WAIT_FIXED] = 1, [WAIT_UNIFORM] = 2, [WAIT_LOGNORMAL] = 2, [WAIT_EXPONENTIAL] = 1};

    if (t->wait_kind < WAIT_FIXED || t->wait_kind > WAIT_SHARES) return false;
    bool is_wide_enough = t->wait_kind == WAIT_SHARES ? t->wait.width >= 2 && t->wait.width % 2 == 0 : t->wait.width == width[t->wait_kind];
    return is_wide_enough && is_table(m, &t->wait, t->wait.width, m->n_reals);
}

static popgx_err_t check_strategies(const model_t *m)
{
    for (int32_t i = 0; i < m->n_readings; i++) {
        const model_reading_t *r = &m->readings[i];
        CHECK("reading", i, is_slot(m, r->observation, SLOT_OBSERVATION) && in_or_none(r->called, m->n_slots));
        int32_t n = levels_of(m, r->observation) - 1, known = r->called == MODEL_NONE ? 1 : levels_of(m, r->called);
        if (r->drawn.width) CHECK("reading", i, r->drawn.width <= n && is_cumulative(m, &r->drawn, r->drawn.width));
        else if (r->map != MODEL_NONE)
            CHECK("reading", i, is_slot(m, r->called, SLOT_OBSERVATION) && are_indices(m, (model_span_t){r->map, known - 1}, 0, n));
        else CHECK("reading", i, n >= known);
    }
    for (int32_t i = 0; i < m->n_tests; i++) {
        const model_test_t *t = &m->tests[i];
        CHECK("test", i, is_name(m, t->name) && t->failure >= 0 && t->failure <= 1 && t->turnaround >= 0);
        CHECK("test", i, in(t->order, m->n_moments) && in(t->result, m->n_moments) && in_or_none(t->clock, m->n_clocks));
        CHECK("test", i, t->turnaround == 0 || t->clock != MODEL_NONE);
        CHECK("test", i, inside(t->readings, m->n_readings) && in_or_none(t->repeat, m->n_moments) && t->repeats >= 0);
        CHECK("test", i, t->repeats == 0 || t->repeat != MODEL_NONE);
        CHECK("test", i, t->access == MODEL_NONE || is_slot(m, t->access, SLOT_ATTRIBUTE));
        CHECK("test", i, t->failures.width == 0 || (t->failures.width == 1 && is_real_table(m, &t->failures, 0)));
        for (int32_t a = 0; t->failures.width && a < t->failures.axes.count; a++)
            CHECK("test", i, is_slot(m, m->axes[t->failures.axes.first + a].slot, SLOT_ATTRIBUTE));
        CHECK("test", i, t->wait.width == 0 || (t->turnaround > 0 && is_wait(m, t)));
    }
    for (int32_t i = 0; i < m->n_rules; i++) {
        const model_rule_t *r = &m->rules[i];
        CHECK("rule", i, r->kind >= RULE_ALWAYS && r->kind <= RULE_OTHERWISE && inside(r->condition, m->n_terms));
        CHECK("rule", i, in_or_none(r->moment, m->n_moments) && are_indices(m, r->orders, 0, m->n_tests) && is_formula(m, r->formula, 0));
        CHECK("rule", i, r->reminder == 0 || (in(r->reminder - 1, m->n_clocks) && m->clocks[r->reminder - 1].kind == CLOCK_REMINDER));
        CHECK("rule", i, r->chance.width == 0 || (r->chance.width == 1 && is_real_table(m, &r->chance, 0)));
    }
    for (int32_t i = 0; i < m->n_rule_lists; i++) CHECK("list of rules", i, inside(m->rule_lists[i], m->n_rules));
    for (int32_t i = 0; i < m->n_strategies; i++) {
        const model_strategy_t *s = &m->strategies[i];
        CHECK("strategy", i, is_name(m, s->name) && inside(s->entry, m->n_rules) && are_indices(m, s->clocks, 0, m->n_clocks));
        CHECK("strategy", i, inside((model_span_t){s->rules_of, m->n_moments}, m->n_rule_lists));
        for (int32_t k = 1; k < s->clocks.count; k++)
            CHECK("strategy", i, m->indices[s->clocks.first + k - 1] < m->indices[s->clocks.first + k]);
    }
    return POPGX_OK;
}

static bool is_course(const model_t *m, model_span_t course)
{
    bool is_right = inside(course, m->n_discounts);

    for (int32_t i = 0; is_right && i < course.count; i++) {
        const model_discount_t *d = &m->discounts[course.first + i];
        is_right = isfinite(d->base) && isfinite(d->slope) && isfinite(d->factor) && isfinite(d->per_minute) && (i ? d->from > d[-1].from : d->from == 0);
    }
    return is_right;
}

static bool is_profile(const model_t *m, const model_profile_t *p)
{
    if (p->cuts.count < 1 || !inside(p->cuts, m->n_reals) || m->reals[p->cuts.first] != 0 || !are_finite(m, &p->table, p->cuts.count)) return false;
    for (int32_t k = 1; k < p->cuts.count; k++)
        if (!(m->reals[p->cuts.first + k] > m->reals[p->cuts.first + k - 1])) return false;
    if (p->kind == PROFILE_AGE) return m->settings.age != MODEL_NONE && are_finite_from(m, &p->table, p->cuts.count, 0);
    return p->kind == PROFILE_EVENT ? are_indices(m, p->starts, 0, m->n_moments) : p->kind == PROFILE_STATES && is_slot(m, p->slot, SLOT_PROCESS);
}

static popgx_err_t check_payoffs(const model_t *m)
{
    for (int32_t i = 0; i < m->n_outcomes; i++) {
        const model_outcome_t *o = &m->outcomes[i];
        CHECK("outcome", i, is_name(m, o->name) && is_name(m, o->unit) && inside(o->cells, m->n_cells) && in_or_none(o->floor_cell, m->n_cells));
        CHECK("outcome", i, o->coarse_bits >= -60 && o->coarse_bits <= o->grid_bits && o->grid_bits <= 60);
        CHECK("outcome", i, isfinite(o->flow_discount) && isfinite(o->lump_discount) && isfinite(o->per_unit) && !isnan(o->floor) && o->cap >= o->floor);
        CHECK("outcome", i, is_course(m, o->flow_course) && is_course(m, o->lump_course));
        CHECK("outcome", i, o->combine >= COMBINE_ADD && o->combine <= COMBINE_MINIMUM && (o->combine == COMBINE_ADD || o->floor_cell != MODEL_NONE));
        CHECK("outcome", i, (o->floor == -INFINITY && o->cap == INFINITY) || o->floor_cell != MODEL_NONE);
    }
    for (int32_t i = 0; i < m->n_cells; i++) CHECK("cell", i, is_name(m, m->cells[i].name) && in(m->cells[i].outcome, m->n_outcomes));
    for (int32_t i = 0; i < m->n_variations; i++)
        CHECK("variation", i, m->variations[i].purpose && are_finite(m, &m->variations[i].table, VARIATION_WIDTH));
    for (int32_t i = 0; i < m->n_lumps; i++) {
        const model_lump_t *l = &m->lumps[i];
        CHECK("lump", i, in(l->moment, m->n_moments) && in(l->cell, m->n_cells) && is_real_table(m, &l->amount, -INFINITY));
        CHECK("lump", i, is_formula(m, l->formula, NO_OBSERVATIONS) && l->variation >= 0 && l->variation <= m->n_variations);
    }
    for (int32_t i = 0; i < m->n_profiles; i++) CHECK("profile", i, is_profile(m, &m->profiles[i]));
    for (int32_t i = 0; i < m->n_flows; i++) {
        const model_flow_t *f = &m->flows[i];
        CHECK("flow", i, f->profile >= 0 && f->profile <= m->n_profiles);
        CHECK("flow", i, in(f->cell, m->n_cells) && inside(f->condition, m->n_terms) && is_real_table(m, &f->rate, -INFINITY));
        CHECK("flow", i, is_formula(m, f->formula, NO_OBSERVATIONS | NO_MINUTE));
    }
    for (int32_t i = 0; i < m->n_spells; i++) {
        const model_spell_t *s = &m->spells[i];
        CHECK("spell", i, in(s->moment, m->n_moments) && in(s->cell, m->n_cells) && is_real_table(m, &s->rate, -INFINITY));
        CHECK("spell", i, is_formula(m, s->formula, NO_OBSERVATIONS) && s->variation >= 0 && s->variation <= m->n_variations);
        CHECK("spell", i, s->minutes >= 0 && s->repeats >= REPEAT_STACK && s->repeats <= REPEAT_EXTEND);
        CHECK("spell", i, are_indices(m, s->until, 0, m->n_moments));
    }
    return POPGX_OK;
}

static int32_t kind_of_group_axis(const model_t *m, const model_group_axis_t *axis)
{
    static const int32_t kinds[] = {[GROUP_ATTRIBUTE] = SLOT_ATTRIBUTE, [GROUP_STATE] = SLOT_PROCESS, [GROUP_FIRST_SHOWN] = SLOT_OBSERVATION,
                                    [GROUP_LAST_SHOWN] = SLOT_OBSERVATION};
    return axis->kind >= GROUP_ATTRIBUTE && axis->kind <= GROUP_LAST_SHOWN && in(axis->index, m->n_slots) ? kinds[axis->kind] : MODEL_NONE;
}

static popgx_err_t check_group_axis(const model_t *m, int32_t i)
{
    const model_group_axis_t *axis = &m->group_axes[i];

    CHECK("axis of groups", i, inside(axis->level_names, m->n_name_list) && axis->level_names.count >= 1 && inside(axis->cuts, m->n_reals));
    if (axis->kind == GROUP_BAND) CHECK("axis of groups", i, in(axis->index, m->n_numbers) && axis->level_names.count == axis->cuts.count + 1);
    else CHECK("axis of groups", i, kind_of_group_axis(m, axis) == m->slots[axis->index].kind && axis->level_names.count == levels_of(m, axis->index));
    for (int32_t k = 1; k < axis->cuts.count; k++) CHECK("axis of groups", i, m->reals[axis->cuts.first + k - 1] < m->reals[axis->cuts.first + k]);
    return POPGX_OK;
}

static popgx_err_t check_groupings(const model_t *m)
{
    popgx_err_t err = POPGX_OK;

    CHECK("grouping", m->n_groupings, m->n_groupings <= MODEL_MOST_GROUPINGS);
    for (int32_t i = 0; i < m->n_group_axes; i++) TRY(m->group_axes[i].kind == GROUP_BAND || kind_of_group_axis(m, &m->group_axes[i]) != MODEL_NONE
                                                          ? check_group_axis(m, i) : FAIL(INPUT, "a flaw in a compiled model: axis of groups %d", i));
    for (int32_t i = 0; i < m->n_groupings; i++) {
        const model_grouping_t *g = &m->groupings[i];
        int64_t n = 1;
        CHECK("grouping", i, is_name(m, g->name) && inside(g->axes, m->n_group_axes) && g->axes.count >= 1 && in_or_none(g->strategy, m->n_strategies));
        for (int32_t a = g->axes.count; a-- > 0;) {
            const model_group_axis_t *axis = &m->group_axes[g->axes.first + a];
            CHECK("grouping", i, axis->stride == n && (axis->kind <= GROUP_BAND || g->strategy != MODEL_NONE));
            n *= axis->level_names.count;
            CHECK("grouping", i, n <= MODEL_MOST_GROUPS);
        }
        CHECK("grouping", i, g->n_groups == n);
    }
out:
    return err;
}

popgx_err_t model_check(const model_t *m)
{
    popgx_err_t err = POPGX_OK;

    TRY(check_names(m));
    TRY(check_settings(m));
    TRY(check_programs(m));
    TRY(check_people(m));
    TRY(check_hazards(m));
    TRY(check_moments(m));
    TRY(check_strategies(m));
    TRY(check_payoffs(m));
    TRY(check_groupings(m));
out:
    return err;
}

void model_verify(const model_t *m)
{
    if (model_check(m) != POPGX_OK) BUG("%s", popgx_err_detail());
}
