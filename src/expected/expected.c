/*
 * All strategies, one after the other, and sums of what they came to. Says first what is not followed. Owns the arrays of the results.
 */
#include "expected/expected.h"

#include <stdlib.h>

#include "expected/lives.h"

/* ---- what is not followed ---- */

static popgx_err_t check_model(const model_t *m)
{
    if (m->settings.cycle.minutes == 0)
        return FAIL(INPUT, "expected values are worked out for models in cycles only: add `cycle` and `transitions`, or simulate");
    for (int32_t c = 0; c < m->n_clocks; c++)
        if (m->clocks[c].kind == CLOCK_HAZARD || m->clocks[c].kind == CLOCK_DELAY)
            return FAIL(INPUT, "expected values are worked out for transitions in cycles, but `%s` has a %s: simulate, or write it as a transition",
                        model_text(m, m->moments[m->clocks[c].moment].name), m->clocks[c].kind == CLOCK_HAZARD ? "hazard" : "delay");
    for (int32_t t = 0; t < m->n_tests; t++) {
        const model_test_t *test = &m->tests[t];
        if (test->repeats > 0 || (test->fails_alike && test->failure > 0) || test->wait.width > 0)
            return FAIL(INPUT, "expected values are not worked out for tests that are repeated when they fail, fail alike, or take a random time, as `%s`: "
                        "simulate", model_text(m, test->name));
    }
    for (int32_t i = 0; i < m->n_rules; i++)
        if (m->rules[i].chance.width > 0 && m->rules[i].is_personal)
            return FAIL(INPUT, "expected values are not worked out where the same people always follow a rule and others never: simulate");
    if (m->n_spells > 0)
        return FAIL(INPUT, "expected values are not worked out for payoffs that last for a time after an event, as after `%s`: simulate, or let a process "
                    "keep the state", model_text(m, m->moments[m->spells[0].moment].name));
    return POPGX_OK;
}

static void find_longest(const model_t *m, int32_t *longest)
{
    for (int32_t i = 0; i < m->n_time_axes; i++) {
        const model_time_axis_t *axis = &m->time_axes[i];
        if (axis->kind != TIME_IN_STATE) continue;
        int32_t *most = &longest[axis->process - m->settings.n_attributes];
        if (axis->first + axis->count > *most) *most = axis->first + axis->count;
    }
}

static popgx_err_t allocate(const model_t *m, expected_t *out)
{
    *out = (expected_t){.model = m, .n_points = m->settings.cycle.count + 1};
    out->first_level = calloc((size_t)m->n_slots + 1, sizeof *out->first_level);
    for (int32_t s = 0; out->first_level && s < m->n_slots; s++) {
        out->first_level[s] = out->n_levels;
        out->n_levels += m->slots[s].level_names.count;
    }
    const size_t points = (size_t)m->n_strategies * (size_t)out->n_points;
    out->cells = calloc(points * (size_t)m->n_cells + 1, sizeof *out->cells);
    out->occupancy = calloc(points * (size_t)out->n_levels + 1, sizeof *out->occupancy);
    out->events = calloc((size_t)m->n_strategies * (size_t)m->n_moments + 1, sizeof *out->events);
    if (out->first_level && out->cells && out->occupancy && out->events) return POPGX_OK;
    return FAIL(NOMEM, "no memory for the expected values of %d points of time", out->n_points);
}

popgx_err_t expected_run(const model_t *model, expected_t *out)
{
    popgx_err_t err = POPGX_OK;
    lives_t r = {.m = model, .out = out, .layout = kind_layout(model)};
    bool *slots = calloc((size_t)model->n_slots + 1, sizeof *slots), *numbers = calloc((size_t)model->n_numbers + 1, sizeof *numbers);
    kinds_t people = kinds_new(&r.layout);

    *out = (expected_t){0};
    r.longest = calloc((size_t)model->settings.n_processes + 1, sizeof *r.longest);
    if (!slots || !numbers || !r.longest) TRY(FAIL(NOMEM, "no memory for expected values"));
    TRY(check_model(model));
    TRY(allocate(model, out));
    TRY(one_person_init(&r.one, &r.layout));
    find_longest(model, r.longest);
    people_mark_needed(model, slots, numbers);
    TRY(people_make(model, slots, numbers, &r.one, &people));
    for (int32_t s = 0; s < model->n_strategies && !err; s++) {
        kinds_t kinds = kinds_new(&r.layout);
        for (size_t i = 0; i < people.n; i++) (void)kinds_add(&kinds, kind_at(&people, i), 1);
        r.strategy_index = s;
        r.strategy = &model->strategies[s];
        err = lives_follow(&r, &kinds);
        kinds_release(&kinds);
    }
out:
    kinds_release(&people);
    one_person_release(&r.one);
    free(slots);
    free(numbers);
    free(r.longest);
    if (err) expected_release(out);
    return err;
}

void expected_release(expected_t *e)
{
    free(e->first_level);
    free(e->cells);
    free(e->occupancy);
    free(e->events);
    *e = (expected_t){0};
}

/* ---- sums ---- */

double expected_cell(const expected_t *e, int32_t strategy, int32_t cell)
{
    double sum = 0;
    for (int32_t t = 0; t < e->n_points; t++) sum += expected_cells(e, strategy, t)[cell];
    return sum;
}

double expected_outcome_at(const expected_t *e, int32_t strategy, int32_t point, int32_t outcome)
{
    const double *cells = expected_cells(e, strategy, point);
    double sum = 0;
    for (int32_t c = 0; c < e->model->n_cells; c++)
        if (e->model->cells[c].outcome == outcome) sum += cells[c];
    return sum;
}

double expected_outcome(const expected_t *e, int32_t strategy, int32_t outcome)
{
    double sum = 0;
    for (int32_t t = 0; t < e->n_points; t++) sum += expected_outcome_at(e, strategy, t, outcome);
    return sum;
}

double expected_occupancy(const expected_t *e, int32_t strategy, int32_t point, int32_t slot, int32_t level)
{
    return expected_levels(e, strategy, point)[e->first_level[slot] + level];
}
