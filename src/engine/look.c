/*
 * Looking at clocks. A group's inputs are turned into situations and compared with what each clock went by so far; only
 * where they differ is it burned and aimed anew, everybody else's stays untouched to the last bit. Burning and aiming
 * run over dense columns of people whose hazard follows the same curve.
 */
#include "engine/batch.h"

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

static bool is_in_state(const engine_t *engine, int32_t k) { return engine->model->clocks[k].scale == SCALE_IN_STATE; }

static const int32_t *entered_of(const engine_t *engine, int32_t k)
{
    return entered_column(engine, engine->model->clocks[k].process);
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

static void list_change(kernel_changes_t *changes, int32_t person, int32_t was, int32_t is)
{
    changes->person[changes->n] = person;
    changes->was[changes->n] = was;
    changes->is[changes->n++] = is;
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
    const int32_t *entered = is_in_state(engine, k) ? entered_of(engine, k) : NULL;

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
        engine->kernels->find_changes(n, people, &inputs, is_in_state(engine, k) ? entered_of(engine, k) : NULL, engine->clock[k].memory,
                                      &group->stopping, &group->starting, &group->going_on);
}

/* ---- burning and aiming people of one curve ---- */

/* A piece of the people of one curve. */
typedef struct {
    int32_t k;
    int32_t n, n_people;        /* n is whole vectors: behind its people, the last one of them is repeated */
    const int32_t *person, *was, *is;
    const kernel_curve_t *curve;
} piece_t;

/* Time 0 of the clock; where it is an entry to a state, the one that has been taken. */
static void take_origin(engine_t *engine, const piece_t *piece)
{
    group_columns_t *group = &engine->group;

    switch (engine->model->clocks[piece->k].scale) {
    case SCALE_AGE: engine->kernels->take_doubles(piece->n, piece->person, engine->birth, group->origin); break;
    case SCALE_CALENDAR: engine->kernels->take_doubles(piece->n, piece->person, engine->calendar, group->origin); break;
    case SCALE_IN_STATE:
        for (int32_t j = 0; j < piece->n; j++) group->origin[j] = group->entered[j];
        break;
    default: memset(group->origin, 0, (size_t)piece->n * sizeof *group->origin); break;
    }
    if (engine->clock[piece->k].origin)
        engine->kernels->take_doubles(piece->n, piece->person, engine->clock[piece->k].origin, group->origin);
}

/* Their clocks as they were, the minute now, and time 0 of the clock as it was. */
static void take(engine_t *engine, const piece_t *piece)
{
    const kernels_t *kernels = engine->kernels;
    group_columns_t *group = &engine->group;
    const int32_t n = piece->n;

    kernels->take_clocks(n, piece->person, engine->clock[piece->k].memory, group->threshold, group->integral, group->earliest,
                         group->entered);
    kernels->take_ints(n, piece->person, engine->now, group->now);
    take_origin(engine, piece);
}

/* Where time 0 is an entry to a state, it becomes the last one. */
static void renew_origin(engine_t *engine, const piece_t *piece)
{
    group_columns_t *group = &engine->group;

    if (!is_in_state(engine, piece->k)) return;
    engine->kernels->take_ints(piece->n, piece->person, entered_of(engine, piece->k), group->entered);
    if (engine->clock[piece->k].origin) return; /* renew_exposure has been there */
    for (int32_t j = 0; j < piece->n; j++) group->origin[j] = group->entered[j];
}

static void look_up_ratios(engine_t *engine, const piece_t *piece, const int32_t *situation, const double *value, double *ratio)
{
    const situation_table_t *table = &engine->plan.situations[piece->k];

    engine->kernels->look_up(piece->n, situation, table->n_situations, table->ratios, ratio);
    if (!engine->clock[piece->k].value) return;
    for (int32_t j = 0; j < piece->n; j++) ratio[j] *= value[piece->person[j]];
}

static void look_up_old_ratios(engine_t *engine, const piece_t *piece)
{
    look_up_ratios(engine, piece, piece->was, engine->clock[piece->k].value, engine->group.ratio);
}

static void look_up_new_ratios(engine_t *engine, const piece_t *piece, double *ratio)
{
    look_up_ratios(engine, piece, piece->is, engine->group.next_value, ratio);
}

static void put(engine_t *engine, const piece_t *piece)
{
    const group_columns_t *group = &engine->group;
    double *value = engine->clock[piece->k].value;

    engine->kernels->put_clocks(piece->n, piece->person, group->threshold, group->integral, piece->is, group->earliest, group->entered,
                                engine->clock[piece->k].memory);
    engine->kernels->put_at(piece->n, piece->person, engine->place, group->due, engine->clock[piece->k].due);
    for (int32_t j = 0; value && j < piece->n; j++) value[piece->person[j]] = group->next_value[piece->person[j]];
}

static void burn_taken(engine_t *engine, const piece_t *piece)
{
    group_columns_t *group = &engine->group;

    look_up_old_ratios(engine, piece);
    engine->kernels->burn(piece->n, piece->curve, group->now, group->origin, group->ratio, group->integral, group->threshold);
}

static void aim_taken(engine_t *engine, const piece_t *piece)
{
    group_columns_t *group = &engine->group;

    look_up_new_ratios(engine, piece, group->ratio);
    engine->kernels->aim(piece->n, piece->curve, group->now, group->origin, group->ratio, group->threshold, group->earliest,
                         group->integral, group->due);
}

static double speed_of(const engine_t *engine, int32_t k, int32_t situation)
{
    return situation == SITUATION_STOPPED ? 1 : engine->model->curves[engine->plan.situations[k].situations[situation].curve].speed;
}

/* Clocks that count exposure get their new time 0, after they were burned and before their memory says when the state was entered. */
static void renew_exposure(engine_t *engine, int32_t k, int32_t n, const int32_t *people, const int32_t *was, const int32_t *is)
{
    const clock_columns_t *column = &engine->clock[k];
    const int32_t *entered = is_in_state(engine, k) ? entered_of(engine, k) : NULL;

    for (int32_t j = 0; column->origin && j < n; j++) {
        const int32_t i = people[j];
        bool is_new = entered && entered[i] != column->memory[i].started;
        double speed = is_new ? 1 : speed_of(engine, k, was[j]), origin = is_new ? entered[i] : column->origin[i];
        column->origin[i] = hazard_exposed_origin(origin, engine->now[i], speed, speed_of(engine, k, is[j]));
    }
}

/* What ran so far is burned; the rest of the threshold waits. */
static void stop(engine_t *engine, const piece_t *piece)
{
    take(engine, piece);
    burn_taken(engine, piece);
    renew_exposure(engine, piece->k, piece->n_people, piece->person, piece->was, piece->is);
    for (int32_t j = 0; j < piece->n; j++) engine->group.due[j] = MODEL_NEVER;
    put(engine, piece);
}

/* A clock that is enabled may fire from the next minute on. */
static void start(engine_t *engine, const piece_t *piece)
{
    group_columns_t *group = &engine->group;

    renew_exposure(engine, piece->k, piece->n_people, piece->person, piece->was, piece->is);
    take(engine, piece);
    renew_origin(engine, piece);
    for (int32_t j = 0; j < piece->n; j++) group->earliest[j] = group->now[j] + 1;
    aim_taken(engine, piece);
    put(engine, piece);
}

/* The first half of what happens to clocks that run on: the second is `aim`. */
static void burn(engine_t *engine, const piece_t *piece)
{
    const clock_columns_t *column = &engine->clock[piece->k];

    take(engine, piece);
    burn_taken(engine, piece);
    for (int32_t j = 0; j < piece->n; j++) column->memory[piece->person[j]].threshold = engine->group.threshold[j];
}

static void aim(engine_t *engine, const piece_t *piece)
{
    take(engine, piece);
    renew_origin(engine, piece);
    aim_taken(engine, piece);
    put(engine, piece);
}

/* Both halves in one, where curve and origin stay the same. */
static void aim_again(engine_t *engine, const piece_t *piece)
{
    group_columns_t *group = &engine->group;

    take(engine, piece);
    look_up_old_ratios(engine, piece);
    look_up_new_ratios(engine, piece, group->new_ratio);
    engine->kernels->aim_again(piece->n, piece->curve, group->now, group->origin, group->ratio, group->new_ratio, group->earliest,
                               group->integral, group->threshold, group->due);
    put(engine, piece);
}

typedef void (*action_t)(engine_t *engine, const piece_t *piece);

/* Whoever is repeated is told the same again, which changes nothing. */
static void for_each_piece(engine_t *engine, int32_t k, int32_t curve, const kernel_changes_t *changes, action_t action)
{
    const kernel_curve_t parameters = situation_curve(engine->model, curve);
    const int32_t n = (changes->n + LOOK_LANES - 1) / LOOK_LANES * LOOK_LANES;

    for (int32_t j = changes->n; j < n; j++) {
        changes->person[j] = changes->person[changes->n - 1];
        changes->was[j] = changes->was[changes->n - 1];
        changes->is[j] = changes->is[changes->n - 1];
    }
    for (int32_t at = 0; at < n; at += LOOK_PIECE) {
        const int32_t rest = changes->n - at, all = n - at;
        const piece_t piece = {.k = k, .n = all < LOOK_PIECE ? all : LOOK_PIECE, .n_people = rest < LOOK_PIECE ? rest : LOOK_PIECE,
                               .person = changes->person + at, .was = changes->was + at, .is = changes->is + at, .curve = &parameters};
        action(engine, &piece);
    }
}

/* Moves those of `rest` whose situation (`was` or `is`) has the curve of the first to engine->group.same; returns that curve. */
static int32_t take_one_curve(engine_t *engine, int32_t k, bool by_was, kernel_changes_t *rest)
{
    const situation_t *situations = engine->plan.situations[k].situations;
    const int32_t *situation = by_was ? rest->was : rest->is, wanted = situations[situation[0]].curve;
    kernel_changes_t *same = &engine->group.same;
    int32_t n_same = 0, n_rest = 0;

    for (int32_t j = 0; j < rest->n; j++) {
        int32_t person = rest->person[j], was = rest->was[j], is = rest->is[j], is_same = situations[situation[j]].curve == wanted;
        same->person[n_same] = rest->person[n_rest] = person;
        same->was[n_same] = rest->was[n_rest] = was;
        same->is[n_same] = rest->is[n_rest] = is;
        n_same += is_same;
        n_rest += !is_same;
    }
    same->n = n_same;
    rest->n = n_rest;
    return wanted;
}

/* The same where the list is sorted by curve, which makes `rest` what stands behind. */
static int32_t take_first_curve(engine_t *engine, int32_t k, bool by_was, kernel_changes_t *rest)
{
    const situation_t *situations = engine->plan.situations[k].situations;
    const int32_t *situation = by_was ? rest->was : rest->is, wanted = situations[situation[0]].curve;
    kernel_changes_t *same = &engine->group.same;
    int32_t n = 0;

    while (n < rest->n && situations[situation[n]].curve == wanted) n++;
    same->n = 0;
    for (int32_t j = 0; j < n; j++) list_change(same, rest->person[j], rest->was[j], rest->is[j]);
    *rest = (kernel_changes_t){.n = rest->n - n, .person = rest->person + n, .was = rest->was + n, .is = rest->is + n};
    return wanted;
}

/* Calls `action` for the people of each curve that occurs among them, the one that they leave or the one that they take up. */
static void for_each_curve(engine_t *engine, int32_t k, bool by_was, kernel_changes_t changes, action_t action)
{
    const int32_t only_curve = engine->plan.situations[k].only_curve;

    if (only_curve != MODEL_NONE) {
        for_each_piece(engine, k, only_curve, &changes, action);
        return;
    }
    const bool is_sorted = engine->plan.situations[k].n_curves > MANY_CURVES && changes.n > MANY_CURVES;
    if (is_sorted) sort_by_curve(engine->plan.situations[k].situations, by_was, &changes, &engine->group.same);
    while (changes.n > 0) {
        int32_t curve = (is_sorted ? take_first_curve : take_one_curve)(engine, k, by_was, &changes);
        for_each_piece(engine, k, curve, &engine->group.same, action);
    }
}

/* ---- looking ---- */

/* A copy for for_each_curve, which takes its list apart if there is more than one curve. */
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
    if (engine->plan.situations[k].only_curve != MODEL_NONE && !is_in_state(engine, k)) {
        for_each_curve(engine, k, true, *changes, aim_again);
        return;
    }
    for_each_curve(engine, k, true, copied(engine, k, changes), burn);
    renew_exposure(engine, k, changes->n, changes->person, changes->was, changes->is);
    for_each_curve(engine, k, false, *changes, aim);
}

static void look_at_hazard(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const group_columns_t *group = &engine->group;

    find_changes(engine, k, n, people);
    for_each_curve(engine, k, true, group->stopping, stop);
    for_each_curve(engine, k, false, group->starting, start);
    go_on(engine, k, &group->going_on);
}

/* Delays whose formula says how long they take, or (dates, whose formula has been asked already) when they fire. */
static void start_by_formula(engine_t *engine, int32_t k, int32_t n, const int32_t *people, const int32_t *situation)
{
    const model_clock_t *clock = &engine->model->clocks[k];
    const clock_columns_t *column = &engine->clock[k];
    const bool is_date = clock->scale == SCALE_DATE;
    const int32_t *entered = is_in_state(engine, k) ? entered_of(engine, k) : NULL;

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
    const int32_t *entered = is_in_state(engine, k) ? entered_of(engine, k) : NULL;
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

/* The next thresholds of people whose clock has fired. */
static void draw(engine_t *engine, const piece_t *piece)
{
    const kernels_t *kernels = engine->kernels;
    group_columns_t *group = &engine->group;
    const int32_t n = piece->n;

    kernels->take_words(n, piece->person, engine->people.key, group->key);
    kernels->take_ints(n, piece->person, engine->clock[piece->k].fired, group->occurrence);
    kernels->take_ints(n, piece->person, engine->now, group->now);
    kernels->exponentials_at(n, group->key, engine->model->clocks[piece->k].purpose, group->occurrence, group->threshold);
    for (int32_t j = 0; j < n; j++) group->earliest[j] = group->now[j] + 1;
}

static void draw_and_rest(engine_t *engine, const piece_t *piece)
{
    group_columns_t *group = &engine->group;
    const size_t n = (size_t)piece->n;

    draw(engine, piece);
    memset(group->integral, 0, n * sizeof *group->integral);
    memset(group->entered, 0, n * sizeof *group->entered);
    renew_origin(engine, piece);
    for (size_t j = 0; j < n; j++) group->due[j] = MODEL_NEVER;
    put(engine, piece);
}

static void draw_and_aim(engine_t *engine, const piece_t *piece)
{
    draw(engine, piece);
    renew_origin(engine, piece);
    take_origin(engine, piece);
    aim_taken(engine, piece);
    put(engine, piece);
}

static void go_on_after_firing(engine_t *engine, int32_t k, int32_t n, const int32_t *people)
{
    const group_columns_t *group = &engine->group;
    const int32_t *situation = group->situation;
    kernel_changes_t resting = group->stopping, running = group->starting;
    int32_t n_running = 0;

    if (engine->clock[k].origin) {
        for (int32_t j = 0; j < n; j++) group->same.was[j] = engine->clock[k].memory[people[j]].situation;
        renew_exposure(engine, k, n, people, group->same.was, situation);
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
    for_each_piece(engine, k, engine->plan.situations[k].situations[SITUATION_STOPPED].curve, &resting, draw_and_rest);
    for_each_curve(engine, k, false, running, draw_and_aim);
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
    for_each_curve(engine, k, false, near, aim);
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
