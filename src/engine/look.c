/*
 * Looking at clocks. A group's inputs are turned into situations and compared with what each clock went by so far; only
 * where they differ is it burned and aimed anew (pieces.c), everybody else's stays untouched to the last bit.
 */
#include "engine/batch.h"
#include "engine/pieces.h"

#include <string.h>

/* ---- what the inputs say now ---- */

/* A clock that has fired as often as it may does not run again. */
static kernel_inputs_t inputs_of(const engine_t *engine, int32_t k)
{
    const situation_table_t *table = &engine->plan.situations[k];
    const clock_columns_t *column = &engine->clock[k];

    return (kernel_inputs_t){.n_fields = table->n_axes, .n_rows = table->n_rows, .fields = column->fields, .of_row = table->of_row,
                             .fired = column->fired, .most = engine->model->clocks[k].most};
}

/* A formula other than that of a delay, which nothing but its own start looks at. */
static bool is_valued(const model_clock_t *clock) { return clock->formula && (clock->kind == CLOCK_HAZARD || clock->scale == SCALE_DATE); }

/* What the formula of a hazard (a ratio; 0 stops it) or of a date says now. A delay's is asked for when it starts. */
static void find_values(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const model_clock_t *clock = &engine->model->clocks[k];
    const double *ratios = engine->plan.situations[k].ratios;
    group_columns_t *group = &engine->group;

    run_formula(engine, clock->formula, n, people, group->value);
    for (int32_t j = 0; j < n; j++) {
        double value = group->value[j];
        if (clock->kind == CLOCK_HAZARD && group->situation[j] != SITUATION_STOPPED) {
            if (!(value >= 0 && value <= RATIO_MOST)) {
                engine_flaw(&engine->flaw, "hazard ratio", clock->formula, (size_t)people[j], engine->now[people[j]], value);
                value = 0;
            }
            if (ratios[group->situation[j]] * value == 0) group->situation[j] = SITUATION_STOPPED;
        }
        group->next_value[people[j]] = value;
    }
}

/* The group's situations, and what their formula says. */
static void find_inputs(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const kernel_inputs_t inputs = inputs_of(engine, k);

    engine->kernels->find_situations(n, people, &inputs, engine->group.situation);
    if (is_valued(&engine->model->clocks[k])) find_values(engine, k, n, people);
}

/*
 * The kernel's find_changes for clocks with a formula. Of a hazard it is the whole ratio that counts: a situation and a value that make up
 * for each other change nothing.
 */
static void find_valued_changes(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const situation_t *situations = engine->plan.situations[k].situations;
    const clock_columns_t *column = &engine->clock[k];
    group_columns_t *group = &engine->group;
    const int32_t *entered = clock_is_in_state(engine, k) ? clock_entered(engine, k) : NULL;

    find_inputs(engine, k, n, people);
    for (int32_t j = 0; j < n; j++) {
        const int32_t i = people[j], was = column->memory[i].situation, is = group->situation[j];
        const situation_t *now = &situations[is], *before = &situations[was];
        bool is_other = now->ratio * group->next_value[i] != before->ratio * column->value[i] || now->curve != before->curve;
        bool is_restarted = entered && entered[i] != column->memory[i].started;
        if (was == SITUATION_STOPPED) {
            if (is != SITUATION_STOPPED) list_change(&group->starting, i, was, is);
        } else if (is == SITUATION_STOPPED) {
            list_change(&group->stopping, i, was, is);
        } else if (is_other || is_restarted) {
            list_change(&group->going_on, i, was, is);
        }
    }
}

/* Sorts the group by what happens to the clock: lists in engine->group. */
static void find_changes(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    group_columns_t *group = &engine->group;
    const kernel_inputs_t inputs = inputs_of(engine, k);

    group->stopping.n = group->starting.n = group->going_on.n = 0;
    if (is_valued(&engine->model->clocks[k]))
        find_valued_changes(engine, k, n, people);
    else
        engine->kernels->find_changes(n, people, &inputs, clock_is_in_state(engine, k) ? clock_entered(engine, k) : NULL, engine->clock[k].memory,
                                      &group->stopping, &group->starting, &group->going_on);
}

/* ---- looking ---- */

/* A copy for pieces_by_curve, which takes its list apart if there is more than one curve. */
static kernel_changes_t copied(engine_t *engine, int32_t k, const kernel_changes_t *changes)
{
    if (engine->plan.situations[k].only_curve != MODEL_NONE) return *changes;
    kernel_changes_t *copy = &engine->group.starting; /* done with when this is called */
    const size_t bytes = (size_t)changes->n * sizeof(int32_t);

    copy->n = changes->n;
    memcpy(copy->person, changes->person, bytes);
    memcpy(copy->was, changes->was, bytes);
    memcpy(copy->is, changes->is, bytes);
    return *copy;
}

static void go_on(engine_t *engine, int32_t k, const kernel_changes_t *changes)
{
    if (changes->n == 0) return;
    if (engine->plan.situations[k].only_curve != MODEL_NONE && !clock_is_in_state(engine, k)) {
        pieces_by_curve(engine, k, true, *changes, piece_aim_again);
        return;
    }
    pieces_by_curve(engine, k, true, copied(engine, k, changes), piece_burn);
    piece_renew_exposure(engine, k, changes->n, changes->person, changes->was, changes->is);
    pieces_by_curve(engine, k, false, *changes, piece_aim);
}

static void look_at_hazard(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const group_columns_t *group = &engine->group;

    find_changes(engine, k, n, people);
    pieces_by_curve(engine, k, true, group->stopping, piece_stop);
    pieces_by_curve(engine, k, false, group->starting, piece_start);
    go_on(engine, k, &group->going_on);
}

/* Delays whose formula says how long they take, or (dates, whose formula has been asked already) when they fire. */
static void start_by_formula(engine_t *engine, int32_t k, int32_t n, const int32_t *people, const int32_t *situation)
{
    const model_clock_t *clock = &engine->model->clocks[k];
    const clock_columns_t *column = &engine->clock[k];
    const bool is_date = clock->scale == SCALE_DATE;
    const int32_t *entered = clock_is_in_state(engine, k) ? clock_entered(engine, k) : NULL;

    if (!is_date) run_formula(engine, clock->formula, n, people, engine->group.value);
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j], now = engine->now[i];
        double value = is_date ? engine->group.next_value[i] : engine->group.value[j];
        bool is_running = situation[j] != SITUATION_STOPPED;
        if (is_running && !(is_date ? value == value : value >= 0))
            engine_flaw(&engine->flaw, "time", clock->formula, (size_t)i, now, value);
        column->memory[i].situation = situation[j];
        if (entered) column->memory[i].started = entered[i];
        column->value[i] = value;
        column->due[engine->place[i]] = is_running ? delay_minute(now, is_date ? value - now : value) : MODEL_NEVER;
    }
}

/* A delay starts from the beginning where it is enabled, fires or gets a new time origin. */
static void start_delays(engine_t *engine, int32_t k, bool has_fired, int32_t n, const int32_t *people, const int32_t *situation)
{
    const int32_t minutes = delay_minutes(&engine->model->clocks[k], has_fired);
    const int32_t *entered = clock_is_in_state(engine, k) ? clock_entered(engine, k) : NULL;
    clock_columns_t *column = &engine->clock[k];

    if (engine->model->clocks[k].formula) {
        start_by_formula(engine, k, n, people, situation);
        return;
    }
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        column->memory[i].situation = situation[j];
        if (entered) column->memory[i].started = entered[i];
        column->due[engine->place[i]] = situation[j] != SITUATION_STOPPED ? minutes_after(engine->now[i], minutes) : MODEL_NEVER;
    }
}

static void look_at_delay(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const group_columns_t *group = &engine->group;
    const kernel_changes_t *const lists[] = {&group->stopping, &group->starting, &group->going_on};

    find_changes(engine, k, n, people);
    for (int32_t l = 0; l < 3; l++) start_delays(engine, k, false, lists[l]->n, lists[l]->person, lists[l]->is);
}

void look_at_clock(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    switch (engine->model->clocks[k].kind) {
    case CLOCK_HAZARD: look_at_hazard(engine, k, n, people); break;
    case CLOCK_DELAY: look_at_delay(engine, k, n, people); break;
    default: break; /* ticks, results and dates have no inputs: whoever arms or fires them sets their due */
    }
}

/* A tick only moves on to the end of the next cycle. */
static void move_tick_on(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const clock_columns_t *column = &engine->clock[k];
    const model_clock_t *clock = &engine->model->clocks[k];

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        if (column->fired[i] < clock->most) column->due[engine->place[i]] = engine->now[i] + clock->minutes;
    }
}

static void go_on_after_firing(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const group_columns_t *group = &engine->group;
    const int32_t *situation = group->situation;
    kernel_changes_t resting = group->stopping, running = group->starting;
    int32_t n_running = 0;

    if (engine->clock[k].origin) {
        for (int32_t j = 0; j < n; j++) group->same.was[j] = engine->clock[k].memory[people[j]].situation;
        piece_renew_exposure(engine, k, n, people, group->same.was, situation);
    }
    for (int32_t j = 0; j < n; j++) n_running += situation[j] != SITUATION_STOPPED;
    resting.n = running.n = 0;
    if (n_running == 0 || n_running == n) {
        kernel_changes_t *all = n_running ? &running : &resting;
        memcpy(all->person, people, (size_t)n * sizeof *people);
        memcpy(all->is, situation, (size_t)n * sizeof *situation);
        all->n = n;
    }
    for (int32_t j = 0; n_running > 0 && n_running < n && j < n; j++) {
        resting.person[resting.n] = running.person[running.n] = people[j];
        resting.is[resting.n] = running.is[running.n] = situation[j];
        resting.n += situation[j] == SITUATION_STOPPED;
        running.n += situation[j] != SITUATION_STOPPED;
    }
    pieces_of_curve(engine, k, engine->plan.situations[k].situations[SITUATION_STOPPED].curve, &resting, piece_draw_and_rest);
    pieces_by_curve(engine, k, false, running, piece_draw_and_aim);
}

void look_after_firing(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    switch (engine->model->clocks[k].kind) {
    case CLOCK_HAZARD:
        find_inputs(engine, k, n, people);
        go_on_after_firing(engine, k, n, people);
        break;
    case CLOCK_DELAY:
        find_inputs(engine, k, n, people);
        start_delays(engine, k, true, n, people, engine->group.situation);
        break;
    case CLOCK_TICK: move_tick_on(engine, k, n, people); break;
    default: break;
    }
}

/* ---- before and at entry ---- */

void look_ahead(engine_t *engine, int32_t k)
{
    const situation_table_t *table = &engine->plan.situations[k];
    clock_columns_t *column = &engine->clock[k];
    int32_t n = (int32_t)engine->people.n, *row = engine->group.situation, n_able = 0;

    memset(row, 0, (size_t)n * sizeof *row);
    for (int32_t a = 0; a < table->n_fixed_axes; a++)
        engine->kernels->add_levels(n, engine->level[table->axes[a].slot], table->axes[a].stride, row);
    for (int32_t i = 0; i < n; i++) {
        uint8_t can_fire = column->value || column->first_threshold[i] <= table->bound[row[i]];
        column->can_fire[i] = can_fire;
        column->able[n_able] = i;
        n_able += can_fire;
    }
    if (n_able > n - n / 8) { /* telling the others apart would cost more than looking at them */
        for (int32_t i = 0; i < n; i++) column->able[i] = i;
        memset(column->can_fire, 1, (size_t)n);
        n_able = n;
    }
    column->n_able = n_able;
}

/* Time 0 of a clock that counts exposure, before it does. */
static void begin_exposure(engine_t *engine, int32_t k)
{
    double *origin = engine->clock[k].origin;
    const int32_t scale = engine->model->clocks[k].scale;
    const double *from = scale == SCALE_AGE ? engine->birth : scale == SCALE_CALENDAR ? engine->calendar : NULL;

    for (size_t i = 0; origin && i < engine->people.n; i++) origin[i] = from ? from[i] : 0;
}

/* Everybody, as the later looks do it: nothing runs yet. */
static void first_look_as_later(engine_t *engine, int32_t k)
{
    const clock_columns_t *column = &engine->clock[k];
    const int32_t n = (int32_t)engine->people.n, *everybody = column->able;
    const bool is_hazard = engine->model->clocks[k].kind == CLOCK_HAZARD;

    for (int32_t i = 0; i < n; i++) {
        column->able[i] = i;
        column->memory[i] = (kernel_clock_t){.situation = SITUATION_STOPPED, .threshold = is_hazard ? column->first_threshold[i] : 0};
        if (column->value) column->value[i] = 0;
    }
    begin_exposure(engine, k);
    look_at_clock(engine, k, n, everybody);
}

static void first_look_at_delay(engine_t *engine, int32_t k)
{
    const situation_table_t *table = &engine->plan.situations[k];
    const clock_columns_t *column = &engine->clock[k];
    const int32_t n = (int32_t)engine->people.n, due = delay_minutes(&engine->model->clocks[k], false);
    int32_t *situation = engine->group.situation;

    memset(situation, 0, (size_t)n * sizeof *situation);
    for (int32_t a = 0; a < table->n_axes; a++)
        engine->kernels->add_levels(n, engine->level[table->axes[a].slot], table->axes[a].stride, situation);
    engine->kernels->pick(n, table->of_row, situation);
    for (int32_t i = 0; i < n; i++) {
        column->memory[i] = (kernel_clock_t){.situation = situation[i]};
        column->due[engine->place[i]] = situation[i] != SITUATION_STOPPED ? due : MODEL_NEVER;
    }
}

static void first_look_at_hazard(engine_t *engine, int32_t k)
{
    const clock_columns_t *column = &engine->clock[k];
    const situation_table_t *table = &engine->plan.situations[k];
    group_columns_t *group = &engine->group;
    kernel_changes_t near = {.person = group->starting.person, .was = group->starting.was, .is = group->starting.is};
    const kernel_inputs_t inputs = inputs_of(engine, k);

    engine->kernels->find_situations(column->n_able, column->able, &inputs, group->situation);
    for (int32_t j = 0; j < column->n_able; j++) { /* a threshold out of reach cannot fire before the horizon: it need not be aimed */
        int32_t i = column->able[j], situation = group->situation[j];
        double threshold = column->first_threshold[i];
        /* H(0) is 0; where age decides, everyone is within reach and aimed below */
        column->memory[i] = (kernel_clock_t){.threshold = threshold, .situation = situation, .earliest = 1};
        near.person[near.n] = i;
        near.was[near.n] = near.is[near.n] = situation;
        near.n += threshold <= table->situations[situation].reach;
    }
    pieces_by_curve(engine, k, false, near, piece_aim);
}

void look_first(engine_t *engine, int32_t k)
{
    if (engine->clock[k].value || engine->clock[k].origin) {
        first_look_as_later(engine, k);
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
