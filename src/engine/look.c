/*
 * Looking at clocks. A group's inputs are turned into situations and compared with what each clock went by so far; only
 * where they differ is it burned and aimed anew, everybody else's stays untouched to the last bit. Burning and aiming
 * run over dense columns of people whose hazard follows the same curve.
 */
#include "engine/batch.h"

#include <string.h>

/* ---- what the inputs say now, as dense columns ---- */

static void find_situations(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const situation_table_t *table = &engine->plan.situations[k];
    int32_t *restrict situation = engine->group.situation;

    memset(situation, 0, (size_t)n * sizeof *situation);
    for (int32_t a = 0; a < table->n_axes; a++) {
        const uint8_t *restrict level = engine->level[table->axes[a].slot];
        const int32_t stride = table->axes[a].stride;
        for (int32_t j = 0; j < n; j++) situation[j] += level[people[j]] * stride;
    }
    for (int32_t j = 0; j < n; j++) situation[j] = table->of_row[situation[j]];
}

/* A clock that has fired as often as it may does not run again. */
static void stop_the_exhausted(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const int32_t most = engine->model->clocks[k].most, *fired = engine->clock[k].fired;

    if (most == MODEL_NEVER) return;
    for (int32_t j = 0; j < n; j++)
        if (fired[people[j]] >= most) engine->group.situation[j] = SITUATION_STOPPED;
}

static const int32_t *entered_of(const engine_t *engine, int32_t k)
{
    const model_t *m = engine->model;
    return engine->entered + (size_t)(m->clocks[k].process - m->settings.n_attributes) * engine->capacity;
}

/* What the formula of a hazard (a ratio; 0 stops it) or of a date says now. A delay's is asked for when it starts. */
static void find_values(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const model_clock_t *clock = &engine->model->clocks[k];
    const situation_t *situations = engine->plan.situations[k].situations;
    group_columns_t *group = &engine->group;
    double *restrict value = group->value;

    run_formula(engine, clock->formula, n, people, value);
    for (int32_t j = 0; clock->kind == CLOCK_HAZARD && j < n; j++) {
        if (group->situation[j] == SITUATION_STOPPED) continue;
        if (!(value[j] >= 0 && value[j] <= RATIO_MOST)) {
            engine_flaw(&engine->flaw, "hazard ratio", clock->formula, (size_t)people[j], engine->now[people[j]], value[j]);
            value[j] = 0;
        }
        if (situations[group->situation[j]].ratio * value[j] == 0) group->situation[j] = SITUATION_STOPPED;
    }
}

/* A formula other than that of a delay, which nothing but its own start looks at. */
static bool is_valued(const model_clock_t *clock) { return clock->formula && (clock->kind == CLOCK_HAZARD || clock->scale == SCALE_DATE); }

static void find_inputs(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    find_situations(engine, k, n, people);
    stop_the_exhausted(engine, k, n, people);
    if (is_valued(&engine->model->clocks[k])) find_values(engine, k, n, people);
    if (!engine->clock[k].started) return;
    const int32_t *restrict entered = entered_of(engine, k);
    for (int32_t j = 0; j < n; j++) engine->group.started[j] = entered[people[j]];
}

/*
 * keep_changed for clocks with a formula. Of a hazard it is the whole ratio that counts: a situation and a value that make up for each other
 * change nothing.
 */
static int32_t keep_changed_values(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const situation_t *situations = engine->plan.situations[k].situations;
    const clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    int32_t n_changed = 0;

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j], situation = group->situation[j], started = column->started ? group->started[j] : 0;
        const situation_t *now = &situations[situation], *before = &situations[column->situation[i]];
        double value = group->value[j];
        bool runs = situation != SITUATION_STOPPED, ran = column->situation[i] != SITUATION_STOPPED;
        bool is_other = now->ratio * value != before->ratio * column->value[i] || now->curve != before->curve;
        bool is_restarted = column->started && started != column->started[i];
        group->changed[n_changed] = i;
        group->situation[n_changed] = situation;
        group->started[n_changed] = started;
        group->value[n_changed] = value;
        n_changed += runs != ran || (runs && (is_other || is_restarted));
    }
    return n_changed;
}

/* Moves the people for whom an input has changed, and their inputs, to the front; returns how many. */
static int32_t keep_changed(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    int32_t n_changed = 0;

    if (is_valued(&engine->model->clocks[k])) return keep_changed_values(engine, k, n, people);
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j], situation = group->situation[j], started = column->started ? group->started[j] : 0;
        bool is_restarted = column->started && situation != SITUATION_STOPPED && started != column->started[i];
        group->changed[n_changed] = i;
        group->situation[n_changed] = situation;
        group->started[n_changed] = started;
        n_changed += situation != column->situation[i] || is_restarted;
    }
    return n_changed;
}

/* ---- burning and aiming people of one curve ---- */

static void gather(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const model_t *m = engine->model;
    const clock_columns_t *column = &engine->clock[k];
    const situation_t *situations = engine->plan.situations[k].situations;
    group_columns_t *group = &engine->group;

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        group->now[j] = engine->now[i];
        group->ratio[j] = situations[column->situation[i]].ratio;
        group->threshold[j] = column->threshold[i];
    }
    for (int32_t j = 0; column->value && j < n; j++) group->ratio[j] *= column->value[people[j]];
    switch (m->clocks[k].scale) {
    case SCALE_AGE:
        for (int32_t j = 0; j < n; j++) group->origin[j] = -engine->people.number[m->settings.age][people[j]];
        break;
    case SCALE_IN_STATE:
        for (int32_t j = 0; j < n; j++) group->origin[j] = column->started[people[j]];
        break;
    default: memset(group->origin, 0, (size_t)n * sizeof *group->origin); break;
    }
}

static void burn(engine_t *engine, int32_t k, int32_t curve, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    const kernel_curve_t parameters = situation_curve(engine->model, curve);

    gather(engine, k, n, people);
    for (int32_t j = 0; j < n; j++) group->integral[j] = column->integral[people[j]];
    engine->kernels->burn(n, &parameters, group->now, group->origin, group->ratio, group->integral, group->threshold);
    for (int32_t j = 0; j < n; j++) column->threshold[people[j]] = group->threshold[j];
}

static void aim(engine_t *engine, int32_t k, int32_t curve, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    const kernel_curve_t parameters = situation_curve(engine->model, curve);

    gather(engine, k, n, people);
    for (int32_t j = 0; j < n; j++) group->earliest[j] = column->earliest[people[j]];
    engine->kernels->aim(n, &parameters, group->now, group->origin, group->ratio, group->threshold, group->earliest,
                         group->integral, group->due);
    for (int32_t j = 0; j < n; j++) {
        column->integral[people[j]] = group->integral[j];
        column->due[people[j]] = group->due[j];
    }
}

typedef void (*curve_action_t)(engine_t *engine, int32_t k, int32_t curve, int32_t n, const int32_t *people);

/* Calls `action` for the people of each curve that occurs among them. `people` must not be a list that the actions use. */
static void for_each_curve(engine_t *engine, int32_t k, int32_t n, const int32_t *people, curve_action_t action)
{
    const int32_t only_curve = engine->plan.situations[k].only_curve;
    const situation_t *situations = engine->plan.situations[k].situations;
    const int32_t *situation = engine->clock[k].situation;
    int32_t *rest = engine->group.rest, *same = engine->group.same, *curve = engine->group.curve, n_rest = n;

    if (n == 0) return;
    if (only_curve != MODEL_NONE) {
        action(engine, k, only_curve, n, people);
        return;
    }
    for (int32_t j = 0; j < n; j++) {
        rest[j] = people[j];
        curve[j] = situations[situation[people[j]]].curve;
    }
    while (n_rest > 0) {
        int32_t wanted = curve[0], n_same = 0, n_other = 0;
        for (int32_t j = 0; j < n_rest; j++) {
            int32_t i = rest[j], its_curve = curve[j], is_same = its_curve == wanted;
            same[n_same] = i;
            rest[n_other] = i;
            curve[n_other] = its_curve;
            n_same += is_same;
            n_other += !is_same;
        }
        action(engine, k, wanted, n_same, same);
        n_rest = n_other;
    }
}

/* ---- looking ---- */

/* The next thresholds of clocks that have just fired, which may fire again from the next minute on. */
static void draw_again(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;

    for (int32_t j = 0; j < n; j++) {
        group->key[j] = engine->people.key[people[j]];
        group->occurrence[j] = column->fired[people[j]];
    }
    engine->kernels->exponentials_at(n, group->key, engine->model->clocks[k].purpose, group->occurrence, group->threshold);
    for (int32_t j = 0; j < n; j++) {
        column->threshold[people[j]] = group->threshold[j];
        column->earliest[people[j]] = engine->now[people[j]] + 1;
    }
}

/* Aims people anew whose clock ran and runs on, on its only curve and from the same origin, at another ratio. */
static void aim_again(engine_t *engine, int32_t k, int32_t n, const int32_t *people, const int32_t *situation)
{
    const clock_columns_t *column = &engine->clock[k];
    const situation_table_t *table = &engine->plan.situations[k];
    group_columns_t *group = &engine->group;
    const kernel_curve_t parameters = situation_curve(engine->model, table->only_curve);

    gather(engine, k, n, people);
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        group->new_ratio[j] = table->situations[situation[j]].ratio;
        group->earliest[j] = column->earliest[i];
        group->integral[j] = column->integral[i];
        column->situation[i] = situation[j];
    }
    engine->kernels->aim_again(n, &parameters, group->now, group->origin, group->ratio, group->new_ratio, group->earliest,
                               group->integral, group->threshold, group->due);
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        column->threshold[i] = group->threshold[j];
        column->integral[i] = group->integral[j];
        column->due[i] = group->due[j];
    }
}

/* Moves those who only go on at another ratio to `again` and aims them; the others stay in `people`. Returns how many stay. */
static int32_t take_those_who_go_on(engine_t *engine, int32_t k, int32_t n, int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    int32_t *situation_again = group->curve, n_again = 0, n_rest = 0; /* `curve` is free here */

    if (engine->plan.situations[k].only_curve == MODEL_NONE || column->started || column->value) return n;
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j], situation = group->situation[j];
        bool goes_on = column->situation[i] != SITUATION_STOPPED && situation != SITUATION_STOPPED;
        group->again[n_again] = i;
        situation_again[n_again] = situation;
        people[n_rest] = i;
        group->situation[n_rest] = situation;
        n_again += goes_on;
        n_rest += !goes_on;
    }
    if (n_again > 0) aim_again(engine, k, n_again, group->again, situation_again);
    return n_rest;
}

/* Burns what ran so far; where nothing ran, the clock is enabled now and may fire from the next minute on. */
static void settle(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    int32_t *ran = engine->group.list, n_ran = 0;

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        bool has_run = column->situation[i] != SITUATION_STOPPED;
        column->earliest[i] = has_run ? column->earliest[i] : engine->now[i] + 1;
        ran[n_ran] = i;
        n_ran += has_run;
    }
    for_each_curve(engine, k, n_ran, ran, burn);
}

/* The people of the group whom the clock can concern. */
static int32_t keep_able(const engine_t *engine, int32_t k, int32_t n, const int32_t *people, int32_t *able)
{
    const uint8_t *can_fire = engine->clock[k].can_fire;
    int32_t n_able = 0;

    for (int32_t j = 0; j < n; j++) {
        able[n_able] = people[j];
        n_able += can_fire[people[j]];
    }
    return n_able;
}

static void look_at_hazard(engine_t *engine, int32_t k, bool has_fired, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    int32_t n_running = 0;

    if (!has_fired && (size_t)column->n_able < engine->people.n) {
        n = keep_able(engine, k, n, people, group->able);
        people = group->able;
    }
    if (n == 0) return;
    find_inputs(engine, k, n, people);
    if (has_fired) {
        draw_again(engine, k, n, people);
    } else {
        n = keep_changed(engine, k, n, people);
        n = take_those_who_go_on(engine, k, n, group->changed);
        people = group->changed;
        settle(engine, k, n, people);
    }
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        column->situation[i] = group->situation[j];
        if (column->started) column->started[i] = group->started[j];
        if (column->value) column->value[i] = group->value[j];
        column->due[i] = MODEL_NEVER;
        group->list[n_running] = i;
        n_running += group->situation[j] != SITUATION_STOPPED;
    }
    for_each_curve(engine, k, n_running, group->list, aim);
}

/* Delays whose formula says how long they take, or (dates) when they fire, from what their inputs say (find_inputs). */
static void start_by_formula(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const model_clock_t *clock = &engine->model->clocks[k];
    const clock_columns_t *column = &engine->clock[k];
    const group_columns_t *group = &engine->group;
    const bool is_date = clock->scale == SCALE_DATE;

    if (!is_date) run_formula(engine, clock->formula, n, people, group->value);
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j], now = engine->now[i];
        double value = group->value[j];
        bool is_running = group->situation[j] != SITUATION_STOPPED;
        if (is_running && !(is_date ? value == value : value >= 0))
            engine_flaw(&engine->flaw, "time", clock->formula, (size_t)i, now, value);
        column->situation[i] = group->situation[j];
        if (column->started) column->started[i] = group->started[j];
        column->value[i] = value;
        column->due[i] = is_running ? delay_minute(now, is_date ? value - now : value) : MODEL_NEVER;
    }
}

/* A delay that fires, is enabled or gets a new time origin starts from the beginning. */
static void look_at_delay(engine_t *engine, int32_t k, bool has_fired, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    const group_columns_t *group = &engine->group;
    const int32_t minutes = engine->model->clocks[k].minutes > 1 ? engine->model->clocks[k].minutes : 1;

    find_inputs(engine, k, n, people);
    if (!has_fired) {
        n = keep_changed(engine, k, n, people);
        people = group->changed;
    }
    if (engine->model->clocks[k].formula) {
        start_by_formula(engine, k, n, people);
        return;
    }
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        column->situation[i] = group->situation[j];
        if (column->started) column->started[i] = group->started[j];
        column->due[i] = group->situation[j] != SITUATION_STOPPED ? minutes_after(engine->now[i], minutes) : MODEL_NEVER;
    }
}

/* A tick has no inputs: it only moves on to the end of the next cycle. */
static void look_at_tick(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    const model_clock_t *clock = &engine->model->clocks[k];

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        if (column->fired[i] < clock->most) column->due[i] = engine->now[i] + clock->minutes;
    }
}

void look_at_clock(engine_t *engine, int32_t k, bool has_fired, int32_t n, const int32_t *people)
{
    switch (engine->model->clocks[k].kind) {
    case CLOCK_HAZARD: look_at_hazard(engine, k, has_fired, n, people); break;
    case CLOCK_DELAY: look_at_delay(engine, k, has_fired, n, people); break;
    case CLOCK_TICK: look_at_tick(engine, k, n, people); break;
    default: break; /* results and dates have no inputs: whoever arms or fires them sets their due */
    }
}

/* ---- before and at entry ---- */

void look_ahead(engine_t *engine, int32_t k)
{
    const situation_table_t *table = &engine->plan.situations[k];
    clock_columns_t *column = &engine->clock[k];
    int32_t n = (int32_t)engine->people.n, *row = engine->group.situation, n_able = 0;

    engine->kernels->exponentials(n, engine->people.key, engine->model->clocks[k].purpose, column->first_threshold);
    memset(row, 0, (size_t)n * sizeof *row);
    for (int32_t a = 0; a < table->n_fixed_axes; a++)
        engine->kernels->add_levels(n, engine->level[table->axes[a].slot], table->axes[a].stride, row);
    for (int32_t i = 0; i < n; i++) {
        uint8_t can_fire = column->value || column->first_threshold[i] <= table->bound[row[i]];
        column->can_fire[i] = can_fire;
        column->able[n_able] = i;
        n_able += can_fire;
    }
    column->n_able = n_able;
}

/* Everybody, as the later looks do it: nothing runs yet. */
static void first_look_by_formula(engine_t *engine, int32_t k)
{
    const clock_columns_t *column = &engine->clock[k];
    const int32_t n = (int32_t)engine->people.n, *everybody = column->able;
    const bool is_hazard = engine->model->clocks[k].kind == CLOCK_HAZARD;

    for (int32_t i = 0; i < n; i++) {
        column->able[i] = i;
        column->situation[i] = SITUATION_STOPPED;
        if (column->started) column->started[i] = 0;
        column->value[i] = 0;
        if (is_hazard) column->threshold[i] = column->first_threshold[i];
    }
    look_at_clock(engine, k, false, n, everybody);
}

static void first_look_at_delay(engine_t *engine, int32_t k)
{
    const clock_columns_t *column = &engine->clock[k];
    const int32_t n = (int32_t)engine->people.n, minutes = engine->model->clocks[k].minutes;
    const int32_t due = minutes > 1 ? minutes : 1;

    memset(column->situation, 0, (size_t)n * sizeof *column->situation);
    for (int32_t a = 0; a < engine->plan.situations[k].n_axes; a++) {
        const model_axis_t *axis = &engine->plan.situations[k].axes[a];
        engine->kernels->add_levels(n, engine->level[axis->slot], axis->stride, column->situation);
    }
    engine->kernels->pick(n, engine->plan.situations[k].of_row, column->situation);
    if (column->started) memset(column->started, 0, (size_t)n * sizeof *column->started);
    for (int32_t i = 0; i < n; i++) column->due[i] = column->situation[i] != SITUATION_STOPPED ? due : MODEL_NEVER;
}

static void first_look_at_hazard(engine_t *engine, int32_t k)
{
    const clock_columns_t *column = &engine->clock[k];
    const situation_t *situations = engine->plan.situations[k].situations;
    int32_t n_near = 0, *near = engine->group.list;

    find_situations(engine, k, column->n_able, column->able);
    for (int32_t j = 0; j < column->n_able; j++) { /* a threshold out of reach cannot fire before the horizon: it need not be aimed */
        int32_t i = column->able[j], situation = engine->group.situation[j];
        column->threshold[i] = column->first_threshold[i];
        column->situation[i] = situation;
        column->earliest[i] = 1;
        column->integral[i] = 0; /* H(0); where age decides, everyone is within reach and aimed below */
        near[n_near] = i;
        n_near += column->threshold[i] <= situations[situation].reach;
    }
    if (column->started)
        for (int32_t j = 0; j < column->n_able; j++) column->started[column->able[j]] = 0;
    for_each_curve(engine, k, n_near, near, aim);
}

void look_first(engine_t *engine, int32_t k)
{
    if (engine->clock[k].value) {
        first_look_by_formula(engine, k);
        return;
    }
    switch (engine->model->clocks[k].kind) {
    case CLOCK_HAZARD: first_look_at_hazard(engine, k); break;
    case CLOCK_DELAY: first_look_at_delay(engine, k); break;
    default: break;
    }
}

void look_reset(engine_t *engine, int32_t k)
{
    const model_clock_t *clock = &engine->model->clocks[k];
    const clock_columns_t *column = &engine->clock[k];
    size_t n = engine->people.n;
    int32_t due = clock->kind == CLOCK_DATE || clock->kind == CLOCK_TICK ? clock->minutes : MODEL_NEVER;

    for (size_t i = 0; i < n; i++) column->due[i] = due;
    memset(column->fired, 0, n * sizeof *column->fired);
}
