/*
 * The steps of the general path: everyone's next clock is found, all fire, and every clock is looked at once by all whom something touched.
 *
 * Whoever goes on has a place; what is due is kept by place, so that finding the earliest clock reads whole columns in
 * order. Those with nothing left to come keep their place until a quarter of the places is theirs; then everybody moves up.
 */
#include "engine/batch.h"

#include <string.h>

static const plan_clock_t *plan_of(const engine_t *engine, int32_t k)
{
    return &engine->plan.clocks[engine->strategy * engine->model->n_clocks + k];
}

/* No one of the block can fire it. */
static bool is_idle(const engine_t *engine, int32_t k)
{
    return engine->model->clocks[k].kind == CLOCK_HAZARD && engine->clock[k].n_able == 0;
}

/* The clock that is due first in every place, the lowest of those that are due in the same minute. */
static void find_next(engine_t *engine)
{
    const model_t *m = engine->model;
    const model_span_t clocks = m->strategies[engine->strategy].clocks;
    const int32_t n = engine->n_places;

    for (int32_t p = 0; p < n; p++) engine->next_due[p] = MODEL_NEVER;
    for (int32_t c = 0; c < clocks.count; c++) {
        int32_t k = m->indices[clocks.first + c];
        if (!is_idle(engine, k)) engine->kernels->earlier_of_all(n, engine->clock[k].due, k, engine->next_due, engine->next_clock);
    }
}

/* Sorts those who go on by the clock that fires next, keeping their order, and moves their time on; returns how many they are. */
static int32_t sort_by_clock(engine_t *engine)
{
    const model_t *m = engine->model;
    const model_span_t clocks = m->strategies[engine->strategy].clocks;
    const int32_t n_places = engine->n_places, *due = engine->next_due;
    int32_t n = 0, *next = engine->next_clock;

    for (int32_t p = 0; p < n_places; p++) next[p] = due[p] < m->settings.horizon ? next[p] : MODEL_NONE;
    engine->kernels->put_ints(n_places, engine->active, due, engine->now); /* nobody asks what time it is for those who do not go on */
    memset(engine->group_size, 0, (size_t)m->n_clocks * sizeof *engine->group_size);
    for (int32_t c = 0; c < clocks.count; c++) {
        int32_t k = m->indices[clocks.first + c];
        engine->start[k] = n;
        if (is_idle(engine, k)) continue;
        engine->group_size[k] = engine->kernels->take_group(n_places, next, k, engine->active, engine->sorted + n);
        n += engine->group_size[k];
    }
    return n;
}

/* Gives up the places of those who do not go on. */
static void move_up(engine_t *engine)
{
    const model_t *m = engine->model;
    const model_span_t clocks = m->strategies[engine->strategy].clocks;
    const int32_t n = engine->n_places;
    int32_t *index = engine->next_clock, n_kept = 0; /* free: those who go on are sorted */

    for (int32_t p = 0; p < n; p++) {
        bool goes_on = engine->next_due[p] < m->settings.horizon;
        engine->goes_on[p] = goes_on;
        index[n_kept] = p;
        n_kept += goes_on;
    }
    for (int32_t c = -1; c < clocks.count; c++) {
        int32_t **column = c < 0 ? &engine->active : &engine->clock[m->indices[clocks.first + c]].due, *from = *column;
        engine->kernels->compact_ints(n, engine->goes_on, index, n_kept, from, engine->spare);
        *column = engine->spare;
        engine->spare = from;
    }
    for (int32_t p = 0; p < n_kept; p++) engine->place[engine->active[p]] = p;
    engine->n_places = n_kept;
}

/* Those of the group who have died have nothing left to come. Returns how many are left. */
static int32_t bury(engine_t *engine, int32_t n, int32_t *people)
{
    const model_span_t clocks = engine->model->strategies[engine->strategy].clocks;
    int32_t n_alive = 0;

    for (int32_t j = 0; j < n; j++) {
        const int32_t i = people[j], place = engine->place[i];
        people[n_alive] = i;
        n_alive += is_alive(engine, i);
        for (int32_t c = 0; c < clocks.count && !is_alive(engine, i); c++)
            engine->clock[engine->model->indices[clocks.first + c]].due[place] = MODEL_NEVER;
    }
    return n_alive;
}

/* Clock k fires for its group, of whom the living are left. */
static void fire(engine_t *engine, int32_t k)
{
    const model_t *m = engine->model;
    const int32_t moment = m->clocks[k].moment, n = engine->group_size[k];
    const clock_columns_t *column = &engine->clock[k];
    int32_t *people = engine->sorted + engine->start[k];

    if (n == 0) return;
    for (int32_t j = 0; j < n; j++) column->fired[people[j]]++;
    for (int32_t j = 0; m->clocks[k].kind != CLOCK_HAZARD && j < n; j++) column->due[engine->place[people[j]]] = MODEL_NEVER;
    if (m->moments[moment].kind == MOMENT_TIMED) engine->n_fired += (uint64_t)n;
    if (m->clocks[k].kind == CLOCK_RESULT) cascade_result(engine, m->clocks[k].test, n, people);
    else cascade_moment(engine, moment, n, people);
    if (plan_of(engine, k)->kills) engine->group_size[k] = bury(engine, n, people);
}

/* Everybody whose clock k can have been touched by what has fired, and whom it can concern at all; returns how many. */
static int32_t gather_the_touched(engine_t *engine, int32_t k, int32_t *people)
{
    const plan_clock_t *clock = plan_of(engine, k);
    const clock_columns_t *column = &engine->clock[k];
    const bool is_for_all = engine->model->clocks[k].kind != CLOCK_HAZARD || (size_t)column->n_able == engine->people.n;
    int32_t n = 0;

    if (is_idle(engine, k)) return 0;
    for (int32_t c = 0; c < clock->n_causes; c++) {
        const int32_t cause = clock->causes[c], size = engine->group_size[cause], *group = engine->sorted + engine->start[cause];
        if (is_for_all) {
            memcpy(people + n, group, (size_t)size * sizeof *people);
            n += size;
        } else {
            n += engine->kernels->keep_at_level(size, group, column->can_fire, 1, people + n);
        }
    }
    return n;
}

/* Fires what is next, clock by clock; then looks at clock after clock, so that a look serves everybody who fired something. */
static void fire_all(engine_t *engine)
{
    const model_t *m = engine->model;
    const model_span_t clocks = m->strategies[engine->strategy].clocks;
    int32_t *touched = engine->group.people;

    for (int32_t c = 0; c < clocks.count; c++) fire(engine, m->indices[clocks.first + c]);
    for (int32_t c = 0; c < clocks.count; c++) {
        int32_t k = m->indices[clocks.first + c], n_fired = engine->group_size[k];
        if (n_fired > 0) look_after_firing(engine, k, n_fired, engine->sorted + engine->start[k]);
        int32_t n_touched = gather_the_touched(engine, k, touched);
        if (n_touched > 0) look_at_clock(engine, k, n_touched, touched);
    }
}

/* From now on the levels that clocks read are kept in packed form, too. */
static void pack_levels(engine_t *engine)
{
    const int32_t n = (int32_t)engine->people.n;

    memset(engine->packed, 0, (size_t)engine->plan.n_words * engine->capacity * sizeof *engine->packed);
    for (int32_t s = 0; s < engine->model->n_slots; s++) {
        const plan_place_t *place = &engine->plan.places[s];
        if (place->word == MODEL_NONE) continue;
        engine->kernels->pack_levels(n, engine->level[s], place->shift, engine->packed + (size_t)place->word * engine->capacity);
    }
    engine->is_packed = true;
}

void take_places(engine_t *engine)
{
    engine->n_places = (int32_t)engine->people.n;
    for (int32_t i = 0; i < engine->n_places; i++) engine->active[i] = engine->place[i] = i;
}

void run_steps(engine_t *engine, int32_t n)
{
    const model_t *m = engine->model;
    const model_span_t clocks = m->strategies[engine->strategy].clocks;

    pack_levels(engine);
    for (int32_t c = 0; c < clocks.count; c++) look_first(engine, m->indices[clocks.first + c]);
    if (n < engine->n_places) {
        memcpy(engine->sorted, engine->active, (size_t)engine->n_places * sizeof *engine->sorted);
        bury(engine, engine->n_places, engine->sorted);
    }
    while (!engine->trajectory->is_full && !engine->flaw.what) {
        find_next(engine);
        n = sort_by_clock(engine);
        if (n == 0) break;
        if (n < engine->n_places - engine->n_places / 4) move_up(engine);
        fire_all(engine);
    }
}
