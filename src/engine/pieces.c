/* Burning and aiming people of one curve. Whoever fills up a vector is told the same twice, which changes nothing. */
#include "engine/pieces.h"

#include <string.h>

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

    if (!clock_is_in_state(engine, piece->k)) return;
    engine->kernels->take_ints(piece->n, piece->person, clock_entered(engine, piece->k), group->entered);
    if (engine->clock[piece->k].origin) return; /* piece_renew_exposure has been there */
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

void piece_renew_exposure(engine_t *engine, int32_t k, int32_t n, const int32_t *people, const int32_t *was, const int32_t *is)
{
    const clock_columns_t *column = &engine->clock[k];
    const int32_t *entered = clock_is_in_state(engine, k) ? clock_entered(engine, k) : NULL;

    for (int32_t j = 0; column->origin && j < n; j++) {
        const int32_t i = people[j];
        bool is_new = entered && entered[i] != column->memory[i].started;
        double speed = is_new ? 1 : speed_of(engine, k, was[j]), origin = is_new ? entered[i] : column->origin[i];
        column->origin[i] = hazard_exposed_origin(origin, engine->now[i], speed, speed_of(engine, k, is[j]));
    }
}

void piece_stop(engine_t *engine, const piece_t *piece)
{
    take(engine, piece);
    burn_taken(engine, piece);
    piece_renew_exposure(engine, piece->k, piece->n_people, piece->person, piece->was, piece->is);
    for (int32_t j = 0; j < piece->n; j++) engine->group.due[j] = MODEL_NEVER;
    put(engine, piece);
}

void piece_start(engine_t *engine, const piece_t *piece)
{
    group_columns_t *group = &engine->group;

    piece_renew_exposure(engine, piece->k, piece->n_people, piece->person, piece->was, piece->is);
    take(engine, piece);
    renew_origin(engine, piece);
    for (int32_t j = 0; j < piece->n; j++) group->earliest[j] = group->now[j] + 1;
    aim_taken(engine, piece);
    put(engine, piece);
}

void piece_burn(engine_t *engine, const piece_t *piece)
{
    const clock_columns_t *column = &engine->clock[piece->k];

    take(engine, piece);
    burn_taken(engine, piece);
    for (int32_t j = 0; j < piece->n; j++) column->memory[piece->person[j]].threshold = engine->group.threshold[j];
}

void piece_aim(engine_t *engine, const piece_t *piece)
{
    take(engine, piece);
    renew_origin(engine, piece);
    aim_taken(engine, piece);
    put(engine, piece);
}

void piece_aim_again(engine_t *engine, const piece_t *piece)
{
    group_columns_t *group = &engine->group;

    take(engine, piece);
    look_up_old_ratios(engine, piece);
    look_up_new_ratios(engine, piece, group->new_ratio);
    engine->kernels->aim_again(piece->n, piece->curve, group->now, group->origin, group->ratio, group->new_ratio, group->earliest,
                               group->integral, group->threshold, group->due);
    put(engine, piece);
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
    kernels->exponentials_at(n, group->key, engine->model->clocks[piece->k].purpose, group->occurrence, engine->model->settings.lot_bits, group->threshold);
    for (int32_t j = 0; j < n; j++) group->earliest[j] = group->now[j] + 1;
}

void piece_draw_and_rest(engine_t *engine, const piece_t *piece)
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

void piece_draw_and_aim(engine_t *engine, const piece_t *piece)
{
    draw(engine, piece);
    renew_origin(engine, piece);
    take_origin(engine, piece);
    aim_taken(engine, piece);
    put(engine, piece);
}

/* ---- taking people apart ---- */

/* Whoever is repeated is told the same again, which changes nothing. */
void pieces_of_curve(engine_t *engine, int32_t k, int32_t curve, const kernel_changes_t *changes, piece_action_t action)
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

void pieces_by_curve(engine_t *engine, int32_t k, bool by_was, kernel_changes_t changes, piece_action_t action)
{
    const int32_t only_curve = engine->plan.situations[k].only_curve;

    if (only_curve != MODEL_NONE) {
        pieces_of_curve(engine, k, only_curve, &changes, action);
        return;
    }
    const bool is_sorted = engine->plan.situations[k].n_curves > MANY_CURVES && changes.n > MANY_CURVES;
    if (is_sorted) sort_by_curve(engine->plan.situations[k].situations, by_was, &changes, &engine->group.same);
    while (changes.n > 0) {
        int32_t curve = (is_sorted ? take_first_curve : take_one_curve)(engine, k, by_was, &changes);
        pieces_of_curve(engine, k, curve, &engine->group.same, action);
    }
}
