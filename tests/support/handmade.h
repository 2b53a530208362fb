/*
 * Small models made by hand, for tests of whatever runs on a compiled model.
 *
 * Slots are added in the order attributes, processes (life first), observations, derived. Clocks keep the order in which they
 * are added. Strategies come last, when all moments are there. Lack of memory aborts. A call that grows an array never
 * stands beside an index into the same array in one expression: C does not say which comes first.
 */
#ifndef POPGX_TESTS_HANDMADE_H
#define POPGX_TESTS_HANDMADE_H

#include <stdlib.h>
#include <string.h>

#include "cohort/cohort.h"
#include "kernels/arithmetic.h"
#include "model/model.h"
#include "rng/keyed.h"
#include "spec/compile.h"
#include "spec/tabulate.h"

#define HAND static inline __attribute__((unused))

#define SET(...) ((uint64_t)hand_set((int32_t[]){__VA_ARGS__}, sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t)))
#define TERMS(m, ...) hand_terms(m, (model_term_t[]){__VA_ARGS__}, sizeof((model_term_t[]){__VA_ARGS__}) / sizeof(model_term_t))
#define IS(s, l) {.slot = (s), .levels = 1ull << (l)}
#define REALS(m, ...) hand_reals(m, (double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / sizeof(double))
#define RULES(m, ...) hand_rules(m, (model_rule_t[]){__VA_ARGS__}, sizeof((model_rule_t[]){__VA_ARGS__}) / sizeof(model_rule_t))
#define NO_SPAN ((model_span_t){0, 0})

HAND void hand_begin(model_t *m, int32_t horizon)
{
    memset(m, 0, sizeof *m);
    builder_text(m, "");
    m->settings.horizon = horizon;
    m->settings.age = m->settings.calendar = MODEL_NONE;
    m->settings.minutes_per_year = 525960;
    m->settings.cost = m->settings.qaly = m->settings.life_years = m->settings.life_years_undiscounted = MODEL_NONE;
}

HAND int32_t hand_slot(model_t *m, model_slot_kind_t kind, const char *name, int32_t n_levels, int32_t initial)
{
    static const char *const level[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    int32_t s = builder_add_slots(m, 1), names = builder_add_name_list(m, n_levels);

    for (int32_t l = 0; l < n_levels; l++) {
        model_name_t text = builder_text(m, level[l]);
        m->name_list[names + l] = text;
    }
    model_name_t text = builder_text(m, name);
    m->slots[s] = (model_slot_t){.name = text, .kind = kind, .level_names = {names, n_levels}, .initial = initial, .is_reported = 1};
    if (kind == SLOT_ATTRIBUTE) m->settings.n_attributes++;
    if (kind == SLOT_PROCESS) m->settings.n_processes++;
    if (kind == SLOT_OBSERVATION) m->settings.n_observations++;
    if (kind == SLOT_DERIVED) m->settings.n_derived++;
    return s;
}

HAND int32_t hand_attribute(model_t *m, const char *name, int32_t n) { return hand_slot(m, SLOT_ATTRIBUTE, name, n, 0); }
HAND int32_t hand_process(model_t *m, const char *name, int32_t n) { return hand_slot(m, SLOT_PROCESS, name, n, 0); }
HAND int32_t hand_life(model_t *m) { return m->settings.life = hand_process(m, "life", 2); }
HAND int32_t hand_observation(model_t *m, const char *name, int32_t n_called)
{
    return hand_slot(m, SLOT_OBSERVATION, name, 1 + n_called, OBSERVED_UNKNOWN);
}

/** Gives people an age. */
HAND void hand_age(model_t *m)
{
    m->settings.age = builder_add_numbers(m, 1);
    model_name_t name = builder_text(m, "age"), unit = builder_text(m, "years");
    m->numbers[m->settings.age] = (model_number_t){.name = name, .unit = unit, .per_unit = m->settings.minutes_per_year};
}

HAND int32_t hand_levels(const model_t *m, int32_t slot) { return m->slots[slot].level_names.count; }

HAND uint64_t hand_set(const int32_t *levels, size_t n)
{
    uint64_t set = 0;
    for (size_t i = 0; i < n; i++) set |= 1ull << levels[i];
    return set;
}

HAND model_span_t hand_terms(model_t *m, const model_term_t *terms, size_t n)
{
    int32_t first = builder_add_terms(m, (int32_t)n);
    memcpy(m->terms + first, terms, n * sizeof *terms);
    return (model_span_t){first, (int32_t)n};
}

HAND int32_t hand_reals(model_t *m, const double *reals, size_t n)
{
    int32_t first = builder_add_reals(m, (int32_t)n);
    memcpy(m->reals + first, reals, n * sizeof *reals);
    return first;
}

HAND int32_t hand_index(model_t *m, int32_t value)
{
    int32_t i = builder_add_indices(m, 1);
    m->indices[i] = value;
    return i;
}

/** Rows for every combination of levels of `slots`, the last varying fastest; `first` and the rows are the caller's. */
HAND model_table_t hand_table(model_t *m, const int32_t *slots, int32_t n, int32_t width, int32_t *n_rows)
{
    model_table_t table = {.axes = {builder_add_axes(m, n), n}, .width = width};
    *n_rows = 1;
    for (int32_t a = n - 1; a >= 0; a--) {
        m->axes[table.axes.first + a] = (model_axis_t){.slot = slots[a], .stride = *n_rows};
        *n_rows *= hand_levels(m, slots[a]);
    }
    return table;
}

/** One number for each level of `slot`. */
HAND model_table_t hand_by(model_t *m, int32_t slot, const double *values)
{
    int32_t n;
    model_table_t table = hand_table(m, &slot, 1, 1, &n);
    table.first = hand_reals(m, values, (size_t)n);
    return table;
}

/* ---- curves: tables of one row, or by one slot ---- */

HAND int32_t hand_curve(model_t *m, model_curve_t curve)
{
    int32_t c = builder_add_curves(m, 1);
    m->curves[c] = curve;
    return c;
}

HAND model_curve_t hand_exponential(double rate) { return (model_curve_t){.kind = CURVE_EXPONENTIAL, .a = rate}; }
HAND model_curve_t hand_weibull(double shape, double scale)
{
    return (model_curve_t){.kind = CURVE_WEIBULL, .a = shape, .b = 1 / shape, .c = log_portable(scale)};
}
HAND model_curve_t hand_gompertz(double shape, double rate)
{
    return (model_curve_t){.kind = CURVE_GOMPERTZ, .a = shape, .b = rate / shape, .c = shape / rate};
}

/** Constant rates from each start on; starts[0] is 0. */
HAND model_curve_t hand_piecewise(model_t *m, int32_t n, const double *starts, const double *rates)
{
    int32_t first = hand_reals(m, starts, (size_t)n);
    hand_reals(m, rates, (size_t)n);
    int32_t sums = builder_add_reals(m, n);
    for (int32_t k = 1; k < n; k++) m->reals[sums + k] = m->reals[sums + k - 1] + rates[k - 1] * (starts[k] - starts[k - 1]);
    return (model_curve_t){.kind = CURVE_PIECEWISE, .pieces = n, .first = first};
}

HAND model_curve_t hand_loglogistic(double shape, double scale)
{
    return (model_curve_t){.kind = CURVE_LOGLOGISTIC, .a = shape, .b = 1 / shape, .c = log_portable(scale)};
}

/* H = x + x^2 with x = u / scale, as a table. */
HAND double hand_square(const void *scale, double u) { return u / *(const double *)scale * (1 + u / *(const double *)scale); }
HAND model_curve_t hand_tabulated(model_t *m, double scale)
{
    model_curve_t curve;
    double falls_at;
    tabulate(hand_square, &scale, NULL, 0, 8 * scale, m, &curve, &falls_at);
    return curve;
}

HAND model_table_t hand_one_curve(model_t *m, model_curve_t curve)
{
    return (model_table_t){.axes = {0, 0}, .first = hand_curve(m, curve), .width = 1};
}

/* ---- programs ---- */

#define CODE(...) ((model_code_t[]){__VA_ARGS__})
#define PROGRAM(m, ...) hand_program(m, CODE(__VA_ARGS__), sizeof CODE(__VA_ARGS__) / sizeof(model_code_t))
#define C(at, x) {.kind = CODE_CONSTANT, .to = (at), .constant = (x)}
#define NUMBER(at, k) {.kind = CODE_NUMBER, .to = (at), .index = (k)}
#define REGISTER(at, k) {.kind = CODE_REGISTER, .to = (at), .index = (k)}
#define LOOK_UP(at, k) {.kind = CODE_TABLE, .to = (at), .index = (k)}
#define MINUTE(at) {.kind = CODE_MINUTE, .to = (at)}
#define DO(at, operation) {.kind = CODE_ARITHMETIC + (int32_t)(operation), .to = (at)}

HAND model_formula_t hand_program(model_t *m, const model_code_t *code, size_t n)
{
    int32_t first = builder_add_code(m, (int32_t)n), p = builder_add_programs(m, 1);
    model_name_t text = builder_text(m, "a formula");
    memcpy(m->code + first, code, n * sizeof *code);
    m->programs[p] = (model_program_t){.code = {first, (int32_t)n}, .text = text};
    return 1 + p;
}

HAND int32_t hand_register(model_t *m, const char *name, model_formula_t start)
{
    int32_t r = builder_add_registers(m, 1);
    model_name_t text = builder_text(m, name);
    m->registers[r] = (model_register_t){.name = text, .start = start};
    return r;
}

/** A slot of n_cuts + 1 levels; its program comes later if it needs tables by other slots: see m->derived. */
HAND int32_t hand_derived(model_t *m, const char *name, model_formula_t value, const double *cuts, int32_t n_cuts)
{
    int32_t slot = hand_slot(m, SLOT_DERIVED, name, n_cuts + 1, 0), d = builder_add_derived(m, 1), first = hand_reals(m, cuts, (size_t)n_cuts);
    m->derived[d] = (model_derived_t){.slot = slot, .value = value, .cuts = {first, n_cuts}};
    return slot;
}

/* ---- moments ---- */

/** Adds an update; the updates of one moment are added in a row. */
HAND void hand_update(model_t *m, int32_t moment, int32_t target, model_formula_t value)
{
    int32_t u = builder_add_updates(m, 1);
    m->updates[u] = (model_update_t){.target = target, .value = value};
    if (!m->moments[moment].updates.count++) m->moments[moment].updates.first = u;
}

HAND int32_t hand_moment(model_t *m, model_moment_kind_t kind, const char *name)
{
    int32_t i = builder_add_moments(m, 1);
    model_name_t text = builder_text(m, name);
    m->moments[i] = (model_moment_t){.name = text, .kind = kind, .test = MODEL_NONE, .strategy = MODEL_NONE};
    return i;
}

/** Adds an effect; the effects of one moment are added in a row. */
HAND void hand_effect(model_t *m, int32_t moment, int32_t slot, int32_t level)
{
    int32_t e = builder_add_effects(m, 1);
    m->effects[e] = (model_effect_t){.slot = slot, .level = level};
    if (!m->moments[moment].effects.count++) m->moments[moment].effects.first = e;
}

/** A moment of this kind that sets one process. */
HAND int32_t hand_setting(model_t *m, model_moment_kind_t kind, const char *name, int32_t slot, int32_t level)
{
    int32_t i = hand_moment(m, kind, name);
    hand_effect(m, i, slot, level);
    return i;
}

/** Adds a branch with the given table; outcome k is indices[outcomes + k]. The branches of one moment are added in a row. */
HAND int32_t hand_branch(model_t *m, int32_t moment, const char *name, model_table_t table, int32_t outcomes)
{
    int32_t b = builder_add_branches(m, 1);
    m->branches[b] = (model_branch_t){.purpose = rng_purpose(name), .table = table, .outcomes = outcomes};
    if (!m->moments[moment].branches.count++) m->moments[moment].branches.first = b;
    return b;
}

/** A branch of two outcomes: `yes` with probability p, else `no`. */
HAND int32_t hand_coin(model_t *m, int32_t moment, const char *name, double p, int32_t yes, int32_t no)
{
    model_table_t table = {.axes = {0, 0}, .first = REALS(m, p, 1.0), .width = 2};
    int32_t outcomes = hand_index(m, yes);
    hand_index(m, no);
    return hand_branch(m, moment, name, table, outcomes);
}

/* ---- clocks ---- */

HAND int32_t hand_clock(model_t *m, model_clock_t clock)
{
    int32_t c = builder_add_clocks(m, 1);
    m->clocks[c] = clock;
    return c;
}

/** A hazard on time since start, with no ratios and no limit; named after its moment. */
HAND int32_t hand_hazard(model_t *m, int32_t moment, model_span_t enabled, model_curve_t curve)
{
    model_table_t table = hand_one_curve(m, curve);
    return hand_clock(m, (model_clock_t){.kind = CLOCK_HAZARD, .purpose = rng_purpose(model_text(m, m->moments[moment].name)),
                                         .moment = moment, .enabled = enabled, .process = m->settings.life, .curve = table,
                                         .most = MODEL_NEVER, .test = MODEL_NONE, .strategy = MODEL_NONE});
}

HAND void hand_ratio(model_t *m, int32_t clock, model_table_t table)
{
    int32_t r = builder_add_ratios(m, 1);
    m->ratios[r] = table;
    if (!m->clocks[clock].ratios.count++) m->clocks[clock].ratios.first = r;
}

HAND int32_t hand_delay(model_t *m, int32_t moment, model_span_t enabled, int32_t minutes)
{
    return hand_clock(m, (model_clock_t){.kind = CLOCK_DELAY, .moment = moment, .enabled = enabled, .minutes = minutes,
                                         .process = m->settings.life, .most = MODEL_NEVER, .test = MODEL_NONE,
                                         .strategy = MODEL_NONE});
}

/** A date of strategy `strategy` (its index to be). */
HAND int32_t hand_date(model_t *m, int32_t moment, int32_t strategy, int32_t minutes)
{
    m->moments[moment].strategy = strategy;
    return hand_clock(m, (model_clock_t){.kind = CLOCK_DATE, .moment = moment, .minutes = minutes, .process = m->settings.life,
                                         .most = 1, .test = MODEL_NONE, .strategy = strategy});
}

/* ---- tests and strategies ---- */

/** A test with its moments; its clock is added by hand_result_clock. */
HAND int32_t hand_test(model_t *m, const char *name, int32_t turnaround, double failure)
{
    int32_t t = builder_add_tests(m, 1), order = hand_moment(m, MOMENT_ORDER, name), result = hand_moment(m, MOMENT_RESULT, name);
    model_name_t text = builder_text(m, name);
    m->moments[order].test = m->moments[result].test = t;
    m->tests[t] = (model_test_t){.name = text, .failure_purpose = rng_purpose(name), .failure = failure, .turnaround = turnaround,
                                 .order = order, .result = result, .clock = MODEL_NONE, .repeat = MODEL_NONE, .access = MODEL_NONE};
    return t;
}

HAND void hand_reading(model_t *m, int32_t test, int32_t observation, int32_t called)
{
    int32_t r = builder_add_readings(m, 1);
    m->readings[r] = (model_reading_t){.observation = observation, .called = called, .map = MODEL_NONE};
    if (!m->tests[test].readings.count++) m->tests[test].readings.first = r;
}

HAND int32_t hand_result_clock(model_t *m, int32_t test)
{
    return m->tests[test].clock = hand_clock(m, (model_clock_t){.kind = CLOCK_RESULT, .moment = m->tests[test].result,
                                                                .process = m->settings.life, .most = MODEL_NEVER, .test = test,
                                                                .strategy = MODEL_NONE});
}

/** A strategy with no rules and every clock but the dates of others. */
HAND int32_t hand_strategy(model_t *m, const char *name)
{
    int32_t s = builder_add_strategies(m, 1), first = m->n_indices;
    for (int32_t c = 0; c < m->n_clocks; c++)
        if (m->clocks[c].kind != CLOCK_DATE || m->clocks[c].strategy == s) hand_index(m, c);
    model_name_t text = builder_text(m, name);
    m->strategies[s] = (model_strategy_t){.name = text, .rules_of = builder_add_rule_lists(m, m->n_moments),
                                          .clocks = {first, m->n_indices - first}};
    return s;
}

HAND model_span_t hand_rules(model_t *m, const model_rule_t *rules, size_t n)
{
    int32_t first = builder_add_rules(m, (int32_t)n);
    memcpy(m->rules + first, rules, n * sizeof *rules);
    return (model_span_t){first, (int32_t)n};
}

HAND void hand_on(model_t *m, int32_t strategy, int32_t moment, model_span_t rules)
{
    m->rule_lists[m->strategies[strategy].rules_of + moment] = rules;
}

HAND model_span_t hand_order(model_t *m, int32_t test) { return (model_span_t){hand_index(m, test), 1}; }

/* ---- people ---- */

typedef struct {
    cohort_view_t view;
    uint64_t *key;
    uint8_t **level;
    double **number;
} hand_people_t;

/** n people with ids from `first_id`; every attribute has level 0 and every number is 0. */
HAND hand_people_t hand_people(const model_t *m, size_t n, uint64_t seed, uint64_t first_id)
{
    hand_people_t p = {.key = calloc(n, sizeof *p.key), .level = calloc((size_t)m->settings.n_attributes + 1, sizeof *p.level),
                       .number = calloc((size_t)m->n_numbers + 1, sizeof *p.number)};
    for (size_t i = 0; i < n; i++) p.key[i] = rng_person_key(rng_run_key(seed, 0), first_id + i);
    for (int32_t a = 0; a < m->settings.n_attributes; a++) p.level[a] = calloc(n, sizeof **p.level);
    for (int32_t k = 0; k < m->n_numbers; k++) p.number[k] = calloc(n, sizeof **p.number);
    p.view = (cohort_view_t){.n = n, .first_id = first_id, .key = p.key, .level = (const uint8_t *const *)p.level,
                             .number = (const double *const *)p.number};
    return p;
}

HAND void hand_people_release(const model_t *m, hand_people_t *p)
{
    for (int32_t a = 0; a < m->settings.n_attributes; a++) free(p->level[a]);
    for (int32_t k = 0; k < m->n_numbers; k++) free(p->number[k]);
    free(p->key);
    free(p->level);
    free(p->number);
}
#endif
