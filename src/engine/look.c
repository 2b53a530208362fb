/*
 * Looking at clocks. The inputs of a group's clocks are worked out column by column and compared with what each clock went
 * by so far; only where they differ is it burned and aimed anew, everybody else's stays untouched to the last bit.
 * Burning and aiming run over dense columns of people whose hazard follows the same curve.
 */
#include "engine/batch.h"
#include "rng/keyed.h"

#include <string.h>

/* row[j] of `table` for every member of the group. */
static void rows_of(const engine_t *engine, const model_table_t *table, int32_t n, const int32_t *people, int32_t *row)
{
    const model_axis_t *axes = engine->model->axes + table->axes.first;

    memset(row, 0, (size_t)n * sizeof *row);
    for (int32_t a = 0; a < table->axes.count; a++) {
        const uint8_t *restrict level = engine->level[axes[a].slot];
        for (int32_t j = 0; j < n; j++) row[j] += level[people[j]] * axes[a].stride;
    }
}

/* What the clock's inputs say now: ratio (0 where it does not run), origin, and for hazards the curve. */
static void inputs_of(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const model_t *m = engine->model;
    const model_clock_t *clock = &m->clocks[k];
    const int32_t *fired = engine->clock[k].fired;
    group_columns_t *group = &engine->group;
    double *restrict ratio = group->new_ratio, *restrict origin = group->new_origin;
    int32_t *restrict row = group->row;

    for (int32_t j = 0; j < n; j++) ratio[j] = fired[people[j]] < clock->most;
    for (int32_t i = 0; i < clock->enabled.count; i++) {
        const model_term_t term = m->terms[clock->enabled.first + i];
        const uint8_t *restrict level = engine->level[term.slot];
        for (int32_t j = 0; j < n; j++) ratio[j] = (term.levels >> level[people[j]] & 1) ? ratio[j] : 0;
    }
    for (int32_t i = 0; i < clock->ratios.count; i++) {
        const model_table_t *table = &m->ratios[clock->ratios.first + i];
        rows_of(engine, table, n, people, row);
        for (int32_t j = 0; j < n; j++) ratio[j] *= m->reals[table->first + row[j]];
    }
    if (clock->kind == CLOCK_HAZARD) rows_of(engine, &clock->curve, n, people, group->new_row);
    switch (clock->scale) {
    case SCALE_AGE: {
        const double *restrict age = engine->people.number[m->settings.age];
        for (int32_t j = 0; j < n; j++) origin[j] = -age[people[j]];
        break;
    }
    case SCALE_IN_STATE: {
        const int32_t *restrict entered = engine->entered + (size_t)(clock->process - m->settings.n_attributes) * engine->capacity;
        for (int32_t j = 0; j < n; j++) origin[j] = entered[people[j]];
        break;
    }
    default: memset(origin, 0, (size_t)n * sizeof *origin); break;
    }
}

static kernel_curve_t curve_of(const model_t *m, int32_t index)
{
    const model_curve_t *curve = &m->curves[index];
    const double *starts = m->reals + curve->first;
    int32_t n = curve->pieces;

    return (kernel_curve_t){.kind = curve->kind, .pieces = n, .a = curve->a, .b = curve->b, .c = curve->c,
                            .starts = starts, .rates = starts + n, .sums = starts + 2 * n};
}

/* Burns the thresholds of people whose clock ran on one curve. */
static void burn(engine_t *engine, int32_t k, int32_t curve, int32_t n, const int32_t *people)
{
    clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    const kernel_curve_t parameters = curve_of(engine->model, curve);

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        group->now[j] = engine->now[i];
        group->origin[j] = column->origin[i];
        group->ratio[j] = column->ratio[i];
        group->integral[j] = column->integral[i];
        group->threshold[j] = column->threshold[i];
    }
    engine->kernels->burn(n, &parameters, group->now, group->origin, group->ratio, group->integral, group->threshold);
    for (int32_t j = 0; j < n; j++) column->threshold[people[j]] = group->threshold[j];
}

/* Aims the clocks of people who run on one curve. */
static void aim(engine_t *engine, int32_t k, int32_t curve, int32_t n, const int32_t *people)
{
    clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    const kernel_curve_t parameters = curve_of(engine->model, curve);

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        group->now[j] = engine->now[i];
        group->origin[j] = column->origin[i];
        group->ratio[j] = column->ratio[i];
        group->threshold[j] = column->threshold[i];
        group->earliest[j] = column->earliest[i];
    }
    engine->kernels->aim(n, &parameters, group->now, group->origin, group->ratio, group->threshold, group->earliest,
                         group->integral, group->due);
    for (int32_t j = 0; j < n; j++) {
        column->integral[people[j]] = group->integral[j];
        column->due[people[j]] = group->due[j];
    }
}

typedef void (*curve_action_t)(engine_t *engine, int32_t k, int32_t curve, int32_t n, const int32_t *people);

/* Calls `action` for the people of each curve that occurs among them. */
static void for_each_curve(engine_t *engine, int32_t k, int32_t n, const int32_t *people, curve_action_t action)
{
    const int32_t *curve = engine->clock[k].curve;
    int32_t *rest = engine->group.rest, *same = engine->group.same, n_rest = n;

    memcpy(rest, people, (size_t)n * sizeof *rest);
    while (n_rest > 0) {
        int32_t wanted = curve[rest[0]], n_same = 0, n_other = 0;
        for (int32_t j = 0; j < n_rest; j++) {
            int32_t i = rest[j], is_same = curve[i] == wanted;
            same[n_same] = i;
            rest[n_other] = i;
            n_same += is_same;
            n_other += !is_same;
        }
        action(engine, k, wanted, n_same, same);
        n_rest = n_other;
    }
}

/* The next thresholds of clocks that have just fired. */
static void draw_thresholds(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;

    for (int32_t j = 0; j < n; j++) {
        group->key[j] = engine->people.key[people[j]];
        group->row[j] = column->fired[people[j]];
    }
    engine->kernels->exponentials_at(n, group->key, engine->model->clocks[k].purpose, group->row, group->threshold);
    for (int32_t j = 0; j < n; j++) column->threshold[people[j]] = group->threshold[j];
}

/* Moves the people for whom an input has changed to the front of the dense columns of inputs; returns how many. */
static int32_t keep_changed(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    int32_t first_curve = engine->model->clocks[k].curve.first, n_changed = 0;

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j], curve = first_curve + group->new_row[j];
        double ratio = group->new_ratio[j], origin = group->new_origin[j];
        bool is_same = ratio == column->ratio[i] && (ratio == 0 || (curve == column->curve[i] && origin == column->origin[i]));
        group->changed[n_changed] = i;
        group->new_ratio[n_changed] = ratio;
        group->new_origin[n_changed] = origin;
        group->new_row[n_changed] = group->new_row[j];
        n_changed += !is_same;
    }
    return n_changed;
}

/* Burns what ran so far; where nothing ran, the clock is enabled now and may fire from the next minute on. */
static void settle(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    int32_t *ran = engine->group.list, n_ran = 0;

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        bool has_run = column->ratio[i] > 0;
        column->earliest[i] = has_run ? column->earliest[i] : engine->now[i] + 1;
        ran[n_ran] = i;
        n_ran += has_run;
    }
    if (n_ran > 0) for_each_curve(engine, k, n_ran, ran, burn);
}

static void look_at_hazard(engine_t *engine, int32_t k, bool has_fired, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    int32_t first_curve = engine->model->clocks[k].curve.first, n_running = 0;

    inputs_of(engine, k, n, people);
    if (has_fired) {
        draw_thresholds(engine, k, n, people);
        for (int32_t j = 0; j < n; j++) column->earliest[people[j]] = engine->now[people[j]] + 1;
    } else {
        n = keep_changed(engine, k, n, people);
        people = group->changed;
        settle(engine, k, n, people);
    }
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        column->ratio[i] = group->new_ratio[j];
        column->origin[i] = group->new_origin[j];
        column->curve[i] = first_curve + group->new_row[j];
        column->due[i] = MODEL_NEVER;
        group->list[n_running] = i;
        n_running += group->new_ratio[j] > 0;
    }
    if (n_running > 0) for_each_curve(engine, k, n_running, group->list, aim);
}

static void look_at_delay(engine_t *engine, int32_t k, bool has_fired, int32_t n, const int32_t *people)
{
    const model_clock_t *clock = &engine->model->clocks[k];
    const clock_columns_t *column = &engine->clock[k];
    const int32_t minutes = clock->minutes > 1 ? clock->minutes : 1;

    inputs_of(engine, k, n, people);
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        double runs = engine->group.new_ratio[j], origin = engine->group.new_origin[j];
        if (!has_fired && runs == column->ratio[i] && (runs == 0 || origin == column->origin[i])) continue;
        column->ratio[i] = runs;
        column->origin[i] = origin;
        column->due[i] = runs > 0 ? minutes_after(engine->now[i], minutes) : MODEL_NEVER;
    }
}

void look_at_clock(engine_t *engine, int32_t k, bool has_fired, int32_t n, const int32_t *people)
{
    switch (engine->model->clocks[k].kind) {
    case CLOCK_HAZARD: look_at_hazard(engine, k, has_fired, n, people); break;
    case CLOCK_DELAY: look_at_delay(engine, k, has_fired, n, people); break;
    default: break; /* results and dates have no inputs: whoever arms or fires them sets their due */
    }
}

void look_reset(engine_t *engine, int32_t k, int32_t n)
{
    const model_clock_t *clock = &engine->model->clocks[k];
    const clock_columns_t *column = &engine->clock[k];
    int32_t due = clock->kind == CLOCK_DATE ? clock->minutes : MODEL_NEVER;

    for (int32_t i = 0; i < n; i++) {
        column->due[i] = due;
        column->fired[i] = 0;
        column->ratio[i] = 0;
    }
    if (clock->kind == CLOCK_HAZARD) memcpy(column->threshold, engine->first_threshold[k], (size_t)n * sizeof(double));
}
