/*
 * Random small valid models, and random people for them: the same for the same seed.
 *
 * They are denser than anything a modeller would write: many clocks due in the same minute, states left and entered
 * again within a cascade, limits, pauses, tests ordered by results. Cascades end because a branch leads only to
 * immediate moments of a higher number, immediate moments trigger only plain actions, and a result orders at once
 * only tests of a higher number.
 */
#ifndef POPGX_TESTS_RANDOM_MODEL_H
#define POPGX_TESTS_RANDOM_MODEL_H

#include <math.h>
#include <stdio.h>

#include "support/handmade.h"

enum { RANDOM_MOST = 16 };

typedef struct {
    uint64_t state;
    model_t *m;
    int32_t first_process, n_processes;     /* life is the first */
    int32_t n_timed, timed[RANDOM_MOST];
    int32_t n_immediate, immediate[RANDOM_MOST];
    int32_t n_plain, plain[RANDOM_MOST];    /* actions without branches */
    int32_t n_leading, leading[RANDOM_MOST]; /* actions with branches */
    int32_t n_dates, dates[RANDOM_MOST], date_of[RANDOM_MOST];
    int32_t n_strategies;
    bool is_ticking;                        /* only cycles and dates are timed */
    bool has_formulas;
} random_model_t;

/* ---- luck ---- */

HAND uint64_t random_bits(random_model_t *r) { return rng_mix(r->state++); }
HAND double random_unit(random_model_t *r) { return uniform_of(random_bits(r)); }
HAND bool random_chance(random_model_t *r, double p) { return random_unit(r) < p; }
HAND int32_t random_between(random_model_t *r, int32_t low, int32_t high) /* both included */
{
    return low + (int32_t)(random_bits(r) % (uint64_t)(high - low + 1));
}
/* A time that matters within the horizon. */
HAND double random_minutes(random_model_t *r)
{
    return (double)r->m->settings.horizon * (random_chance(r, 0.2) ? 2.0 * random_unit(r) : 0.02 + 0.3 * random_unit(r));
}

/* A probability that is often 0 or 1. */
HAND double random_probability(random_model_t *r)
{
    return random_chance(r, 0.15) ? 0 : random_chance(r, 0.15) ? 1 : random_unit(r);
}

/* ---- pieces ---- */

HAND int32_t random_process(random_model_t *r) /* not life */
{
    return r->first_process + random_between(r, 1, r->n_processes - 1);
}

/* A slot of any kind but life. */
HAND int32_t random_slot(random_model_t *r)
{
    int32_t s;
    do s = random_between(r, 0, r->m->n_slots - 1);
    while (s == r->m->settings.life);
    return s;
}

/* 0 to 2 terms, each true of one or more levels. */
HAND model_span_t random_condition(random_model_t *r)
{
    int32_t n = random_between(r, 0, 2);
    model_span_t span = {builder_add_terms(r->m, n), n};

    for (int32_t i = 0; i < n; i++) {
        int32_t s = random_slot(r);
        uint64_t all = (1ull << hand_levels(r->m, s)) - 1, levels = random_bits(r) & all;
        if (!levels) levels = all;
        r->m->terms[span.first + i] = (model_term_t){.slot = s, .levels = levels};
    }
    return span;
}

/* ---- programs ---- */

enum { MAY_READ_MINUTE = 1, MAY_READ_REGISTERS = 2 };

/* Some number for temporary `to`, of the size of 1; returns how many steps it took. */
HAND int32_t random_code(random_model_t *r, unsigned may, int32_t to, int32_t depth, model_code_t *code)
{
    static const int32_t of_two[] = {ARITHMETIC_ADD, ARITHMETIC_SUBTRACT, ARITHMETIC_MULTIPLY, ARITHMETIC_MIN, ARITHMETIC_MAX, ARITHMETIC_LESS};
    int32_t n = 0;

    if (depth > 0 && random_chance(r, 0.6)) {
        n += random_code(r, may, to, depth - 1, code);
        n += random_code(r, may, to + 1, depth - 1, code + n);
        code[n++] = (model_code_t)DO(to, of_two[random_between(r, 0, 5)]);
        return n;
    }
    switch (random_between(r, 0, 4)) {
    case 0:
        code[n++] = (model_code_t)NUMBER(to, r->m->settings.age);
        code[n++] = (model_code_t)C(to + 1, 1.0 / r->m->settings.horizon);
        code[n++] = (model_code_t)DO(to, ARITHMETIC_MULTIPLY);
        break;
    case 1:
        if (!(may & MAY_READ_REGISTERS) || r->m->n_registers == 0) goto constant;
        code[n++] = (model_code_t)REGISTER(to, random_between(r, 0, r->m->n_registers - 1));
        break;
    case 2:
        if (r->m->n_tables == 0 || !(may & MAY_READ_REGISTERS)) goto constant;
        code[n++] = (model_code_t)LOOK_UP(to, random_between(r, 0, r->m->n_tables - 1));
        break;
    case 3:
        if (!(may & MAY_READ_MINUTE)) goto constant;
        code[n++] = (model_code_t)MINUTE(to);
        code[n++] = (model_code_t)C(to + 1, 1.0 / r->m->settings.horizon);
        code[n++] = (model_code_t)DO(to, ARITHMETIC_MULTIPLY);
        break;
    default:
    constant:
        code[n++] = (model_code_t)C(to, 3 * random_unit(r) - 0.5);
    }
    return n;
}

/* `low` to `high`, by people and what happened to them. */
HAND model_formula_t random_formula(random_model_t *r, unsigned may, double low, double high)
{
    model_code_t code[64];
    int32_t n = random_code(r, may, 0, random_between(r, 0, 2), code);

    code[n++] = (model_code_t)C(1, low);
    code[n++] = (model_code_t)DO(0, ARITHMETIC_MAX);
    code[n++] = (model_code_t)C(1, high);
    code[n++] = (model_code_t)DO(0, ARITHMETIC_MIN);
    return hand_program(r->m, code, (size_t)n);
}

/* Registers, and slots derived from them, after all other slots. Tables are by attributes and processes. */
HAND void random_registers(random_model_t *r)
{
    static const double cuts[] = {0.3, 1, 2.5};

    if (!r->has_formulas) return;
    for (int32_t i = random_between(r, 1, 3); i > 0; i--) {
        model_table_t table;
        int32_t slot = random_chance(r, 0.5) ? 0 : r->first_process + random_between(r, 0, r->n_processes - 1);
        double values[8];
        for (int32_t k = 0; k < 8; k++) values[k] = 2 * random_unit(r);
        table = hand_by(r->m, slot, values);
        int32_t t = builder_add_tables(r->m, 1);
        r->m->tables[t] = table;
    }
    for (int32_t i = random_between(r, 1, 3); i > 0; i--) hand_register(r->m, "register", random_chance(r, 0.5) ? 0 : random_formula(r, 0, -1, 3));
    for (int32_t i = random_between(r, 0, 2); i > 0; i--) {
        char name[32];
        snprintf(name, sizeof name, "derived %d", i);
        hand_derived(r->m, name, random_formula(r, MAY_READ_REGISTERS, -5, 5), cuts, random_between(r, 1, 3));
    }
}

HAND void random_updates(random_model_t *r, int32_t moment)
{
    for (int32_t n = r->has_formulas ? random_between(r, 0, 2) : 0; n > 0; n--) {
        int32_t target = random_between(r, 0, r->m->n_registers - 1);
        model_code_t counted[] = {REGISTER(0, target), C(1, 1), DO(0, ARITHMETIC_ADD)};
        hand_update(r->m, moment, target, random_chance(r, 0.4) ? hand_program(r->m, counted, 3)
                                                                : random_formula(r, MAY_READ_MINUTE | MAY_READ_REGISTERS, -10, 10));
    }
}

/* 0 to 2 different slots; returns the number of rows. */
HAND int32_t random_table(random_model_t *r, int32_t width, model_table_t *table)
{
    int32_t slots[2] = {random_slot(r), random_slot(r)}, n = random_between(r, 0, slots[0] == slots[1] ? 1 : 2), n_rows;
    *table = hand_table(r->m, slots, n, width, &n_rows);
    return n_rows;
}

HAND model_table_t random_ratio(random_model_t *r)
{
    model_table_t table;
    int32_t n = random_table(r, 1, &table);

    table.first = builder_add_reals(r->m, n);
    for (int32_t k = 0; k < n; k++)
        r->m->reals[table.first + k] = random_chance(r, 0.2) ? 0 : random_chance(r, 0.3) ? 1 : 0.2 + 3 * random_unit(r);
    return table;
}

HAND model_curve_t random_curve(random_model_t *r)
{
    double scale = random_minutes(r);

    switch (random_between(r, 0, 7)) {
    case 0: return random_chance(r, 0.3) ? (model_curve_t){.kind = CURVE_NEVER} : hand_exponential(0);
    case 1: return hand_weibull(0.4 + 2.5 * random_unit(r), scale);
    case 2: return hand_gompertz((random_unit(r) - 0.4) / scale, 1 / scale);
    case 3: {
        double starts[4] = {0}, rates[4];
        int32_t n = random_between(r, 1, 4);
        for (int32_t k = 0; k < n; k++) {
            if (k) starts[k] = starts[k - 1] + 1 + scale * random_unit(r);
            rates[k] = random_chance(r, 0.25) ? 0 : 2 * random_unit(r) / scale;
        }
        return hand_piecewise(r->m, n, starts, rates);
    }
    case 4: return hand_loglogistic(0.5 + 3 * random_unit(r), scale);
    case 5: return hand_tabulated(r->m, scale);
    default: return hand_exponential(1 / scale);
    }
}

HAND model_table_t random_curves(random_model_t *r)
{
    model_table_t table;
    model_curve_t curves[64];
    int32_t n = random_table(r, 1, &table);

    for (int32_t k = 0; k < n; k++) {
        curves[k] = random_curve(r);
        curves[k].speed = random_chance(r, 0.3) ? 1 : 0.2 + 2 * random_unit(r);
    }
    table.first = r->m->n_curves;
    for (int32_t k = 0; k < n; k++) hand_curve(r->m, curves[k]);
    return table;
}

/* One or two processes are set; now and then it is death. */
HAND void random_effects(random_model_t *r, int32_t moment, double deadliness)
{
    int32_t a = random_process(r), b = random_process(r);

    hand_effect(r->m, moment, a, random_between(r, 0, hand_levels(r->m, a) - 1));
    if (b != a && random_chance(r, 0.4)) hand_effect(r->m, moment, b, random_between(r, 0, hand_levels(r->m, b) - 1));
    if (random_chance(r, deadliness)) hand_effect(r->m, moment, r->m->settings.life, LIFE_DEAD);
}

/* A branch to immediate moments of number `from` or higher, or to nothing. */
HAND void random_branch(random_model_t *r, int32_t moment, int32_t from)
{
    char name[32];
    model_table_t table;
    int32_t width = random_between(r, 1, 4), n = random_table(r, width, &table), outcomes = r->m->n_indices;

    for (int32_t k = 0; k < width; k++)
        hand_index(r->m, from >= r->n_immediate || random_chance(r, 0.25) ? MODEL_NONE
                                                                         : r->immediate[random_between(r, from, r->n_immediate - 1)]);
    table.first = builder_add_reals(r->m, n * width);
    for (int32_t row = 0; row < n; row++) {
        double left = 1;
        for (int32_t k = 0; k < width; k++) {
            left *= 1 - random_probability(r);
            r->m->reals[table.first + row * width + k] = k == width - 1 ? 1 : 1 - left;
        }
    }
    snprintf(name, sizeof name, "branch %d", r->m->n_branches);
    int32_t b = hand_branch(r->m, moment, name, table, outcomes);
    if (!r->has_formulas || width == 1 || random_chance(r, 0.5)) return;
    for (int32_t k = 0; k < width - 1; k++) {
        model_formula_t p = random_formula(r, MAY_READ_MINUTE | MAY_READ_REGISTERS, 0, 1.0 / (width - 1));
        if (k == 0) r->m->branches[b].formulas = p;
    }
}

/* ---- parts of a model ---- */

HAND void random_slots(random_model_t *r)
{
    int32_t n_attributes = random_between(r, 1, 3), n_tests = r->is_ticking ? 0 : random_between(r, 0, 2);
    char name[48];

    for (int32_t i = 0; i < n_attributes; i++) {
        snprintf(name, sizeof name, "attribute %d", i);
        hand_attribute(r->m, name, random_between(r, 1, 4));
    }
    r->first_process = hand_life(r->m);
    r->n_processes = 1 + random_between(r, 1, 4);
    for (int32_t i = 1; i < r->n_processes; i++) {
        int32_t n = random_between(r, 2, 4);
        snprintf(name, sizeof name, "process %d", i);
        hand_slot(r->m, SLOT_PROCESS, name, n, random_between(r, 0, n - 1));
    }
    for (int32_t t = 0; t < n_tests; t++) {
        int32_t n_readings = random_between(r, 1, 2), called[2], observation[2];
        for (int32_t k = 0; k < n_readings; k++) {
            called[k] = random_between(r, 0, n_attributes - 1);
            snprintf(name, sizeof name, "observation %d %d", t, k);
            observation[k] = hand_observation(r->m, name, hand_levels(r->m, called[k]));
        }
        snprintf(name, sizeof name, "test %d", t);
        double turnaround = random_chance(r, 0.35) ? 0 : random_minutes(r) * 0.5 + 1;
        hand_test(r->m, name, (int32_t)turnaround, random_probability(r));
        for (int32_t k = 0; k < n_readings; k++) hand_reading(r->m, t, observation[k], called[k]);
    }
    random_registers(r);
}

HAND void random_moments(random_model_t *r)
{
    char name[32];

    r->n_timed = random_between(r, 1, 7);
    r->n_immediate = random_between(r, 0, 4);
    r->n_plain = random_between(r, 1, 3);
    r->n_leading = random_between(r, 1, 2);
    for (int32_t i = 0; i < r->n_timed; i++) {
        snprintf(name, sizeof name, "event %d", i);
        r->timed[i] = hand_moment(r->m, MOMENT_TIMED, name);
        if (random_chance(r, 0.9)) random_effects(r, r->timed[i], 0.08);
        random_updates(r, r->timed[i]);
    }
    for (int32_t i = 0; i < r->n_immediate; i++) {
        snprintf(name, sizeof name, "immediate %d", i);
        r->immediate[i] = hand_moment(r->m, MOMENT_IMMEDIATE, name);
        if (random_chance(r, 0.8)) random_effects(r, r->immediate[i], 0.1);
        random_updates(r, r->immediate[i]);
    }
    for (int32_t i = 0; i < r->n_plain + r->n_leading; i++) {
        snprintf(name, sizeof name, "action %d", i);
        int32_t action = hand_moment(r->m, MOMENT_ACTION, name);
        if (random_chance(r, 0.9)) random_effects(r, action, 0.02);
        random_updates(r, action);
        if (i < r->n_plain) r->plain[i] = action;
        else r->leading[i - r->n_plain] = action;
    }
    for (int32_t i = 0; i < r->n_immediate; i++)
        for (int32_t n = random_between(r, 0, 1); n > 0; n--) random_branch(r, r->immediate[i], i + 1);
    for (int32_t i = 0; i < r->n_timed; i++)
        for (int32_t n = random_between(r, 0, 2); n > 0; n--) random_branch(r, r->timed[i], 0);
    for (int32_t i = 0; i < r->n_leading; i++) random_branch(r, r->leading[i], 0);
    for (int32_t i = 0; i < r->n_dates; i++) {
        snprintf(name, sizeof name, "date %d", i);
        r->dates[i] = hand_moment(r->m, MOMENT_DATE, name);
    }
}

/* Probabilities of failing by an attribute. */
HAND void random_failures(random_model_t *r, model_test_t *test)
{
    model_t *m = r->m;
    const int32_t slot = random_between(r, 0, m->settings.n_attributes - 1), n = m->slots[slot].level_names.count;
    const int32_t axis = builder_add_axes(m, 1), first = builder_add_reals(m, n);

    m->axes[axis] = (model_axis_t){slot, 1};
    test->failures = (model_table_t){.axes = {axis, 1}, .first = first, .width = 1};
    for (int32_t l = 0; l < n; l++) {
        m->reals[first + l] = random_chance(r, 0.3) ? 0 : random_unit(r);
        test->failure = m->reals[first + l] > test->failure ? m->reals[first + l] : test->failure;
    }
}

/* Some of the waits of every kind, by up to two slots. */
HAND void random_wait(random_model_t *r, model_test_t *test)
{
    static const int32_t widths[] = {1, 2, 2, 1, 4};
    model_t *m = r->m;

    test->wait_kind = random_between(r, WAIT_FIXED, WAIT_SHARES);
    test->wait_purpose = random_bits(r);
    int32_t width = widths[test->wait_kind], n = random_table(r, width, &test->wait);
    test->wait.first = builder_add_reals(m, n * width);
    for (int32_t k = 0; k < n; k++) {
        double *row = m->reals + test->wait.first + k * width, scale = random_minutes(r);
        row[0] = test->wait_kind == WAIT_LOGNORMAL ? log(scale + 1) : test->wait_kind == WAIT_SHARES ? random_unit(r) : scale;
        if (width > 1) row[1] = test->wait_kind == WAIT_LOGNORMAL ? random_unit(r) : test->wait_kind == WAIT_SHARES ? 1 : 2 * scale;
        if (width > 2) row[2] = scale, row[3] = 3 * scale;
    }
}

/* A level that is drawn anew with each result; and, if there is a second reading, one that follows from the first. */
HAND void random_errors(random_model_t *r, const model_test_t *test)
{
    model_t *m = r->m;
    model_reading_t first = m->readings[test->readings.first];
    int32_t width = hand_levels(m, first.observation) - 1, n = random_table(r, width, &first.drawn);

    first.purpose = random_bits(r);
    first.drawn.first = builder_add_reals(m, n * width);
    for (int32_t k = 0; k < n * width; k++) {
        bool is_first = k % width == 0, is_last = k % width == width - 1;
        double below = is_first ? 0 : m->reals[first.drawn.first + k - 1];
        m->reals[first.drawn.first + k] = is_last ? 1 : below + (1 - below) * random_unit(r);
    }
    m->readings[test->readings.first] = first;
    if (test->readings.count < 2 || m->readings[test->readings.first + 1].observation == first.observation) return;
    model_reading_t *second = &m->readings[test->readings.first + 1];
    second->called = first.observation;
    second->map = m->n_indices;
    for (int32_t l = 0, of = hand_levels(m, second->observation) - 1; l < width; l++) hand_index(m, random_between(r, 0, of - 1));
}

/* What laboratories do beyond calling: they repeat what failed, take their time, err, are not open to all. */
HAND void random_laboratories(random_model_t *r)
{
    model_t *m = r->m;
    char name[32];

    for (int32_t t = 0; t < m->n_tests; t++) {
        model_test_t test = m->tests[t];
        test.fails_alike = random_chance(r, 0.2);
        if (random_chance(r, 0.5)) {
            snprintf(name, sizeof name, "repeat %d", t);
            test.repeat = hand_moment(m, MOMENT_ORDER, name);
            m->moments[test.repeat].test = t;
            test.repeats = random_between(r, 1, 3);
            if (random_chance(r, 0.3)) random_effects(r, test.repeat, 0.1);
        }
        if (test.turnaround > 0 && random_chance(r, 0.5)) random_wait(r, &test);
        if (random_chance(r, 0.3)) random_failures(r, &test);
        if (random_chance(r, 0.3)) test.access = random_between(r, 0, m->settings.n_attributes - 1);
        if (random_chance(r, 0.5)) random_errors(r, &test);
        m->tests[t] = test;
    }
}

HAND void random_timed_clock(random_model_t *r, int32_t moment)
{
    model_span_t enabled = random_condition(r);
    int32_t c;

    if (random_chance(r, 0.25)) {
        c = hand_delay(r->m, moment, enabled, 1 + (random_chance(r, 0.1) ? 0 : (int32_t)random_minutes(r)));
    } else {
        model_table_t curves = random_curves(r);
        c = hand_hazard(r->m, moment, enabled, (model_curve_t){.kind = CURVE_NEVER});
        r->m->clocks[c].curve = curves;
        for (int32_t n = random_between(r, 0, 3); n > 0; n--) hand_ratio(r->m, c, random_ratio(r));
    }
    model_clock_t *clock = &r->m->clocks[c];
    clock->process = random_process(r);
    clock->scale = random_between(r, SCALE_SINCE_START, SCALE_CALENDAR);
    if (clock->kind == CLOCK_DELAY && (clock->scale == SCALE_AGE || clock->scale == SCALE_CALENDAR)) clock->scale = SCALE_IN_STATE;
    if (clock->kind == CLOCK_DELAY && random_chance(r, 0.3)) clock->first = 1 + (int32_t)random_minutes(r);
    clock->counts_exposure = clock->kind == CLOCK_HAZARD && random_chance(r, 0.3);
    if (r->has_formulas && random_chance(r, 0.5)) {
        if (clock->kind == CLOCK_HAZARD) {
            clock->formula = random_formula(r, MAY_READ_REGISTERS, 0, 3);
        } else {
            model_formula_t share = random_formula(r, MAY_READ_REGISTERS, 0.01, 0.5);
            const model_span_t code = r->m->programs[share - 1].code;
            model_code_t steps[80];
            memcpy(steps, r->m->code + code.first, (size_t)code.count * sizeof *steps);
            steps[code.count] = (model_code_t)C(1, r->m->settings.horizon);
            steps[code.count + 1] = (model_code_t)DO(0, ARITHMETIC_MULTIPLY);
            model_formula_t minutes = hand_program(r->m, steps, (size_t)code.count + 2);
            clock->formula = minutes;
            if (random_chance(r, 0.5)) clock->scale = SCALE_DATE;
        }
    }
    if (random_chance(r, 0.3)) clock->most = random_between(r, 1, 3);
    else if (r->m->settings.horizon > 1000) clock->most = 20; /* some fire every minute: a delay of 1, re-entry with a falling hazard */
}

/* The clocks of events, results and dates in random order: who goes first in the same minute must not depend on the kind. */
HAND void random_clocks(random_model_t *r)
{
    int32_t n = r->n_timed + r->m->n_tests + r->n_dates, order[3 * RANDOM_MOST];

    for (int32_t i = 0; i < n; i++) {
        int32_t j = random_between(r, 0, i);
        order[i] = order[j];
        order[j] = i;
    }
    for (int32_t i = 0; i < n; i++) {
        int32_t k = order[i];
        if (k < r->n_timed && r->is_ticking) continue; /* only as transitions */
        if (k < r->n_timed) random_timed_clock(r, r->timed[k]);
        else if ((k -= r->n_timed) < r->m->n_tests) {
            if (r->m->tests[k].turnaround > 0 || random_chance(r, 0.5)) hand_result_clock(r->m, k); /* else it needs none */
        } else {
            k -= r->m->n_tests;
            int32_t date = hand_date(r->m, r->dates[k], r->date_of[k], random_chance(r, 0.1) ? 0 : (int32_t)random_minutes(r));
            if (random_chance(r, 0.5)) {
                r->m->clocks[date].kind = CLOCK_REMINDER;
                r->m->clocks[date].minutes++;
            }
        }
    }
}

/* ---- cycles ---- */

/* Cycles that end within the horizon; their points of time have any weights. */
HAND void random_cycle(random_model_t *r)
{
    model_cycle_t *cycle = &r->m->settings.cycle;

    cycle->count = random_between(r, 1, 12);
    cycle->minutes = (r->m->settings.horizon - 1) / cycle->count;
    cycle->weights = builder_add_reals(r->m, cycle->count + 1);
    for (int32_t t = 0; t <= cycle->count; t++) r->m->reals[cycle->weights + t] = random_chance(r, 0.2) ? 0 : random_unit(r);
}

/* What of time a branch depends on: 0 to 2 axes, the last one the fastest, after `rows` rows of slots. Returns all rows. */
HAND int32_t random_times(random_model_t *r, int32_t rows, model_span_t *times)
{
    times->count = random_between(r, 0, 2);
    times->first = builder_add_time_axes(r->m, times->count);
    for (int32_t i = times->count; i-- > 0;) {
        int32_t count = random_between(r, 1, 4);
        r->m->time_axes[times->first + i] = (model_time_axis_t){random_between(r, TIME_CYCLE, TIME_IN_STATE), random_process(r),
                                                               random_between(r, 0, 3), count, rows};
        rows *= count;
    }
    return rows;
}

/* The end of a cycle of some process: often nothing happens, else a timed event. */
HAND void random_tick(random_model_t *r, int32_t number)
{
    char name[32];
    model_table_t table;
    model_span_t times;
    const int32_t width = random_between(r, 2, 4), rows = random_table(r, width, &table), outcomes = r->m->n_indices;

    snprintf(name, sizeof name, "cycle %d", number);
    int32_t moment = hand_moment(r->m, MOMENT_CYCLE, name);
    for (int32_t k = 0; k < width; k++) hand_index(r->m, k == width - 1 ? MODEL_NONE : r->timed[random_between(r, 0, r->n_timed - 1)]);
    const int32_t n = random_times(r, rows, &times) * width;
    table.first = builder_add_reals(r->m, n);
    for (int32_t k = 0; k < n; k++) /* cumulative, the last one 1 */
        r->m->reals[table.first + k] = k % width == width - 1 ? 1 : (k % width ? r->m->reals[table.first + k - 1] : 0) + 0.3 * random_unit(r);
    hand_branch(r->m, moment, name, table, outcomes);
    r->m->branches[r->m->moments[moment].branches.first].times = times;
    hand_clock(r->m, (model_clock_t){.kind = CLOCK_TICK, .moment = moment, .minutes = r->m->settings.cycle.minutes, .process = r->first_process,
                                     .most = r->m->settings.cycle.count, .test = MODEL_NONE, .strategy = MODEL_NONE});
}

typedef struct {
    bool may_lead;          /* actions with branches may be carried out */
    int32_t result_of;      /* the rules follow the result of this test; MODEL_NONE: another moment */
    bool may_order;
    int32_t reminds_of;     /* some reminders of this strategy are armed; MODEL_NONE: none are, so that nothing goes on for ever */
} random_rules_t;

/* Tests that may be ordered there without an endless cascade. */
HAND model_span_t random_orders(random_model_t *r, random_rules_t kind)
{
    model_span_t orders = {r->m->n_indices, 0};

    for (int32_t n = kind.may_order ? random_between(r, 0, 2) : 0; n > 0 && r->m->n_tests > 0; n--) {
        int32_t t = random_between(r, 0, r->m->n_tests - 1);
        if (kind.result_of != MODEL_NONE && t <= kind.result_of && r->m->tests[t].turnaround == 0) continue;
        hand_index(r->m, t);
        orders.count++;
    }
    return orders;
}

HAND model_span_t random_rules(random_model_t *r, random_rules_t kind)
{
    int32_t n = random_between(r, 1, 4);
    model_rule_t rules[5] = {0};

    for (int32_t i = 0; i < n; i++) {
        rules[i].kind = random_chance(r, 0.5) ? RULE_WHEN : random_chance(r, 0.5) ? RULE_ALWAYS : RULE_OTHERWISE;
        if (rules[i].kind == RULE_WHEN || random_chance(r, 0.3)) rules[i].condition = random_condition(r);
        rules[i].moment = random_chance(r, 0.3)                      ? MODEL_NONE
                          : kind.may_lead && random_chance(r, 0.4) ? r->leading[random_between(r, 0, r->n_leading - 1)]
                                                                   : r->plain[random_between(r, 0, r->n_plain - 1)];
        rules[i].orders = random_orders(r, kind);
        for (int32_t c = 0; c < r->m->n_clocks; c++)
            if (r->m->clocks[c].kind == CLOCK_REMINDER && r->m->clocks[c].strategy == kind.reminds_of && random_chance(r, 0.3)) rules[i].reminder = 1 + c;
        if (random_chance(r, 0.25)) {
            rules[i].chance = random_ratio(r); /* what is above 1 is certain */
            rules[i].purpose = random_bits(r);
            rules[i].is_personal = random_chance(r, 0.5);
        }
        if (r->has_formulas && random_chance(r, 0.3)) rules[i].formula = random_formula(r, MAY_READ_MINUTE | MAY_READ_REGISTERS, 0, 1);
    }
    return hand_rules(r->m, rules, (size_t)n);
}

HAND void random_strategy(random_model_t *r, int32_t s)
{
    model_t *m = r->m;
    char name[32];

    snprintf(name, sizeof name, "strategy %d", s);
    hand_strategy(m, name);
    if (random_chance(r, 0.8)) m->strategies[s].entry = random_rules(r, (random_rules_t){true, MODEL_NONE, true, s});
    for (int32_t i = 0; i < m->n_moments; i++) {
        switch (m->moments[i].kind) {
        case MOMENT_TIMED:
            if (random_chance(r, 0.4)) hand_on(m, s, i, random_rules(r, (random_rules_t){true, MODEL_NONE, true, s}));
            break;
        case MOMENT_DATE:
            if (m->moments[i].strategy == s) hand_on(m, s, i, random_rules(r, (random_rules_t){true, MODEL_NONE, true, MODEL_NONE}));
            break;
        case MOMENT_RESULT:
            if (random_chance(r, 0.7)) hand_on(m, s, i, random_rules(r, (random_rules_t){true, m->moments[i].test, true, MODEL_NONE}));
            break;
        case MOMENT_IMMEDIATE:
        case MOMENT_ORDER:
            if (random_chance(r, 0.2)) hand_on(m, s, i, random_rules(r, (random_rules_t){false, MODEL_NONE, false, MODEL_NONE}));
            break;
        default: break;
        }
    }
}

HAND void random_made_model(uint64_t seed, bool is_ticking, model_t *m)
{
    static const int32_t horizons[] = {40, 500, 100000, 10 * 525960};
    random_model_t r = {.state = rng_mix(seed), .m = m, .is_ticking = is_ticking, .has_formulas = seed % 2 == 1};

    hand_begin(m, horizons[random_between(&r, 0, 3)]);
    hand_age(m);
    m->settings.calendar = m->settings.age; /* one number serves as both */
    random_slots(&r);
    r.n_strategies = random_between(&r, 1, 3);
    r.n_dates = random_between(&r, 0, 3);
    for (int32_t i = 0; i < r.n_dates; i++) r.date_of[i] = random_between(&r, 0, r.n_strategies - 1);
    random_moments(&r);
    if (is_ticking || random_chance(&r, 0.4)) random_cycle(&r);
    for (int32_t i = 0; r.m->settings.cycle.minutes && i < 2; i++)
        if (random_chance(&r, 0.3)) random_tick(&r, i);
    random_laboratories(&r);
    random_clocks(&r);
    if (r.m->settings.cycle.minutes) random_tick(&r, 2);
    for (int32_t s = 0; s < r.n_strategies; s++) random_strategy(&r, s);
}

/** A model of 1 to 3 strategies. The caller releases it (model_release). */
HAND void random_model(uint64_t seed, model_t *m) { random_made_model(seed, false, m); }

/** One in which only the ends of cycles and dates are timed: for the way that goes from date to date. */
HAND void random_ticking_model(uint64_t seed, model_t *m) { random_made_model(seed, true, m); }

/* A clock of its own curve in each state of the process. */
HAND void random_curves_by_state(random_model_t *r, int32_t clock, int32_t process)
{
    model_t *m = r->m;
    int32_t axis = builder_add_axes(m, 1), first = MODEL_NONE;

    m->axes[axis] = (model_axis_t){.slot = process, .stride = 1};
    for (int32_t l = 0; l < hand_levels(m, process); l++) {
        model_curve_t of_state = random_chance(r, 0.7) ? hand_weibull(0.4 + 2.5 * random_unit(r), random_minutes(r)) : random_curve(r);
        int32_t curve = hand_curve(m, of_state);
        if (l == 0) first = curve;
    }
    m->clocks[clock].curve = (model_table_t){.axes = {axis, 1}, .first = first, .width = 1};
}

/* An event of process 2 that sets it, also to the state in which it is, or sets nothing, or kills. */
HAND void random_fusable_event(random_model_t *r, int32_t i)
{
    model_t *m = r->m;
    const int32_t process = r->first_process + 2, n_states = hand_levels(m, process);
    const bool is_plain = random_chance(r, 0.4); /* it runs in one state, and leaves it */
    const int32_t to = random_between(r, 0, n_states - 1);
    const int32_t from = (to + random_between(r, is_plain, n_states - 1)) % n_states;
    char name[32];

    snprintf(name, sizeof name, "event %d", i);
    int32_t moment = random_chance(r, 0.2)                ? hand_setting(m, MOMENT_TIMED, name, m->settings.life, LIFE_DEAD)
                     : is_plain || random_chance(r, 0.8) ? hand_setting(m, MOMENT_TIMED, name, process, to)
                                                         : hand_moment(m, MOMENT_TIMED, name);
    uint64_t others = is_plain ? 0 : random_bits(r);
    model_term_t terms[] = {{.slot = process, .levels = (1ull << from | others) & ((1ull << n_states) - 1)},
                            {.slot = 0, .levels = 1 + random_bits(r) % 3}};
    model_curve_t curve = random_chance(r, 0.5) ? hand_weibull(0.4 + 2.5 * random_unit(r), random_minutes(r)) : random_curve(r);
    int32_t c = hand_hazard(m, moment, hand_terms(m, terms, random_chance(r, 0.3) ? 2 : 1), curve);
    m->clocks[c].process = process;
    m->clocks[c].scale = SCALE_IN_STATE;
    if (random_chance(r, 0.2)) m->clocks[c].most = random_between(r, 1, 3);
    else if (!is_plain && m->settings.horizon > 1000) m->clocks[c].most = 20;
    if (!is_plain && random_chance(r, 0.5)) random_curves_by_state(r, c, process);
    for (int32_t slot = 0; slot < 3; slot++) { /* by the attribute, by the process that only entry sets, and by the state */
        double ratios[8];
        for (int32_t l = 0; l < 8; l++) ratios[l] = l > 0 && random_chance(r, 0.2) ? 0 : l == 0 ? 1 : 3 * random_unit(r);
        if (random_chance(r, 0.4)) hand_ratio(m, c, hand_by(m, slot ? r->first_process + slot : 0, ratios));
    }
}

/** A model of 2 strategies whose events all belong to one process that starts their clocks anew: for the fused path. */
HAND void random_fusable_model(uint64_t seed, model_t *m)
{
    random_model_t r = {.state = rng_mix(seed), .m = m};

    hand_begin(m, random_chance(&r, 0.5) ? 500 : 100000);
    hand_age(m);
    m->settings.calendar = m->settings.age; /* one number serves as both */
    hand_attribute(m, "attribute", 2);
    r.first_process = hand_life(m);
    hand_process(m, "drug", 2);
    hand_process(m, "disease", random_between(&r, 2, 5));
    for (int32_t i = random_between(&r, 1, 8); i > 0; i--) random_fusable_event(&r, i);
    int32_t start = hand_setting(m, MOMENT_ACTION, "start", r.first_process + 1, 1);
    hand_strategy(m, "without");
    hand_strategy(m, "with");
    model_rule_t rule = {.kind = random_chance(&r, 0.5) ? RULE_WHEN : RULE_ALWAYS, .moment = start};
    model_term_t term = {.slot = 0, .levels = 2};
    if (rule.kind == RULE_WHEN) rule.condition = hand_terms(m, &term, 1);
    m->strategies[1].entry = hand_rules(m, &rule, 1);
}

/** n people with random attributes and ages. The caller releases them. */
HAND hand_people_t random_people(uint64_t seed, const model_t *m, size_t n)
{
    random_model_t r = {.state = rng_mix(~seed)};
    hand_people_t people = hand_people(m, n, seed, seed * 1000);

    for (int32_t a = 0; a < m->settings.n_attributes; a++)
        for (size_t i = 0; i < n; i++) people.level[a][i] = (uint8_t)random_between(&r, 0, hand_levels(m, a) - 1);
    for (size_t i = 0; i < n; i++) people.number[m->settings.age][i] = 1.5 * m->settings.horizon * random_unit(&r);
    return people;
}
#endif
