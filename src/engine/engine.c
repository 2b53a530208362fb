/*
 * The batch engine: memory, what a run begins and ends with, and which way it goes in between (engine/batch.h). All memory is
 * taken once, for the life of the engine.
 */
#include "engine/batch.h"
#include "engine/carver.h"

#include <stdlib.h>
#include <string.h>

/* Lists that one level of a cascade may take: alive, chosen, group, chain, orders; and three to tell results from repeats. */
enum { LISTS_PER_LEVEL = 12 };

enum { ROOM = COMPACTION_ROOM };

static void carve_clock(carver_t *carver, size_t n, size_t n_fields, const model_clock_t *clock, clock_columns_t *column)
{
    size_t hazard_n = clock->kind == CLOCK_HAZARD ? n : 0, looked_n = clock->kind == CLOCK_DELAY ? n : hazard_n;

    column->due = carve(carver, n + ROOM, sizeof(int32_t));
    column->fired = carve(carver, n, sizeof(int32_t));
    column->memory = carve(carver, looked_n, sizeof *column->memory);
    column->fields = carve(carver, n_fields, sizeof *column->fields);
    column->first_threshold = carve(carver, hazard_n, sizeof(double));
    column->can_fire = carve(carver, hazard_n, 1);
    column->able = carve(carver, clock->formula ? n : hazard_n, sizeof(int32_t));
    column->value = carve(carver, clock->formula ? n : 0, sizeof(double));
    if (!clock->formula) column->value = NULL;
    column->origin = carve(carver, clock->counts_exposure ? n : 0, sizeof(double));
    if (!clock->counts_exposure) column->origin = NULL;
    column->n_able = 0;
}

static void carve_group(carver_t *carver, size_t n, group_columns_t *group)
{
    double **doubles[] = {&group->threshold, &group->ratio, &group->new_ratio, &group->origin, &group->integral};
    int32_t **ints[] = {&group->earliest, &group->entered, &group->due, &group->now, &group->occurrence};
    double **long_doubles[] = {&group->value, &group->sum, &group->chance, &group->next_value};
    int32_t **lists[] = {&group->people, &group->situation, &group->minute};
    kernel_changes_t *changes[] = {&group->stopping, &group->starting, &group->going_on, &group->same};

    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) *doubles[i] = carve(carver, LOOK_PIECE, sizeof(double));
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) *ints[i] = carve(carver, LOOK_PIECE, sizeof(int32_t));
    group->key = carve(carver, LOOK_PIECE, sizeof(uint64_t));
    for (size_t i = 0; i < sizeof long_doubles / sizeof *long_doubles; i++) *long_doubles[i] = carve(carver, n, sizeof(double));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) *lists[i] = carve(carver, n + ROOM, sizeof(int32_t));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        changes[i]->person = carve(carver, n + ROOM, sizeof(int32_t));
        changes[i]->was = carve(carver, n + ROOM, sizeof(int32_t));
        changes[i]->is = carve(carver, n + ROOM, sizeof(int32_t));
    }
}

static void carve_columns(engine_t *engine, carver_t *carver)
{
    const model_t *m = engine->model;
    size_t n = engine->capacity;
    size_t own = (size_t)(m->n_slots - m->settings.n_attributes - m->settings.n_derived);

    engine->level = carve(carver, (size_t)m->n_slots, sizeof *engine->level);
    engine->goes_on = carve(carver, n, 1);
    engine->own_level = carve(carver, own * n, 1);
    engine->packed = carve(carver, (size_t)engine->plan.n_words * n, sizeof *engine->packed);
    engine->entered = carve(carver, (size_t)m->settings.n_processes * n, sizeof(int32_t));
    engine->count = carve(carver, (size_t)m->n_moments * n, sizeof(int32_t));
    engine->analyses = carve(carver, 2 * (size_t)engine->plan.n_repeating * n, sizeof(int32_t));
    engine->now = carve(carver, n, sizeof(int32_t));
    engine->next_due = carve(carver, n + ROOM, sizeof(int32_t));
    engine->next_clock = carve(carver, n, sizeof(int32_t));
    engine->birth = carve(carver, n, sizeof(double));
    engine->calendar = carve(carver, n, sizeof(double));
    engine->active = carve(carver, n + ROOM, sizeof(int32_t));
    engine->place = carve(carver, n, sizeof(int32_t));
    engine->spare = carve(carver, n + ROOM, sizeof(int32_t));
    engine->sorted = carve(carver, n + ROOM, sizeof(int32_t));
    carve_group(carver, n, &engine->group);
    engine->start = carve(carver, (size_t)m->n_clocks, sizeof(int32_t));
    engine->group_size = carve(carver, (size_t)m->n_clocks, sizeof(int32_t));
    engine->lists_size = (size_t)(engine->plan.depth + 2) * LISTS_PER_LEVEL * n;
    engine->lists = carve(carver, engine->lists_size, sizeof(int32_t));
    engine->clock = carve(carver, (size_t)m->n_clocks, sizeof *engine->clock);
    for (int32_t k = 0; k < m->n_clocks; k++) {
        clock_columns_t columns;
        carve_clock(carver, n, (size_t)engine->plan.situations[k].n_axes, &m->clocks[k], &columns);
        if (carver->memory) engine->clock[k] = columns;
    }
}

/* Where each clock finds the levels that matter to it. */
static void find_fields(engine_t *engine)
{
    for (int32_t k = 0; k < engine->model->n_clocks; k++) {
        const situation_table_t *table = &engine->plan.situations[k];
        for (int32_t a = 0; a < table->n_axes; a++) {
            const plan_place_t *place = &engine->plan.places[table->axes[a].slot];
            engine->clock[k].fields[a] = (kernel_field_t){.word = engine->packed + (size_t)place->word * engine->capacity,
                                                          .shift = place->shift, .mask = place->mask, .stride = table->axes[a].stride};
        }
    }
}

popgx_err_t engine_new(const model_t *model, size_t capacity, engine_t **out)
{
    popgx_err_t err = POPGX_OK;
    carver_t carver = {0};
    engine_t *engine = calloc(1, sizeof *engine);

    *out = NULL;
    if (!engine) return FAIL(NOMEM, "no memory for an engine");
    engine->model = model;
    engine->capacity = capacity;
    engine->kernels = kernels();
    TRY(plan_init(&engine->plan, model));
    TRY(registers_init(&engine->registers, model, capacity));
    TRY(fused_new(capacity, model->n_strategies, engine->plan.fused, &engine->fused));
    carve_columns(engine, &carver);
    if (posix_memalign(&engine->memory, 64, carver.used) != 0) {
        engine->memory = NULL;
        err = FAIL(NOMEM, "no memory for an engine of %zu people and %d clocks (%zu bytes)", capacity, model->n_clocks, carver.used);
        goto out;
    }
    memset(engine->memory, 0, carver.used);
    carver = (carver_t){.memory = engine->memory};
    carve_columns(engine, &carver);
    find_fields(engine);
    *out = engine;
    engine = NULL;
out:
    engine_free(engine);
    return err;
}

void engine_free(engine_t *engine)
{
    if (!engine) return;
    plan_release(&engine->plan);
    fused_free(engine->fused);
    registers_release(&engine->registers);
    free(engine->memory);
    free(engine);
}

void engine_start(engine_t *engine, const cohort_view_t *people)
{
    const model_t *m = engine->model;
    const int32_t first_derived = m->n_slots - m->n_derived;

    INVARIANT(people->n <= engine->capacity, "a block of %zu people in an engine for %zu", people->n, engine->capacity);
    engine->people = *people;
    for (int32_t s = 0; s < first_derived; s++)
        engine->level[s] = s < m->settings.n_attributes ? people->level[s] : own_level(engine, s);
    for (int32_t d = 0; d < m->n_derived; d++) engine->level[first_derived + d] = engine->registers.derived[d];
    for (int32_t k = 0; k < m->n_clocks; k++)
        if (m->clocks[k].kind == CLOCK_HAZARD)
            engine->kernels->exponentials((int32_t)people->n, people->key, m->clocks[k].purpose, m->settings.lot_bits, engine->clock[k].first_threshold);
    engine->is_seen_ahead = false;
}

/* What is known of the block's people before they live, once for all strategies that go step by step. */
static void see_ahead(engine_t *engine)
{
    const model_t *m = engine->model;
    const cohort_view_t *people = &engine->people;

    if (engine->is_seen_ahead) return;
    engine->is_seen_ahead = true;
    for (size_t i = 0; m->settings.age != MODEL_NONE && i < people->n; i++) engine->birth[i] = -people->number[m->settings.age][i];
    for (size_t i = 0; m->settings.calendar != MODEL_NONE && i < people->n; i++)
        engine->calendar[i] = -people->number[m->settings.calendar][i];
    for (int32_t k = 0; k < m->n_clocks; k++)
        if (m->clocks[k].kind == CLOCK_HAZARD) look_ahead(engine, k);
}

/* Everyone as at entry: initial states, nothing known, no clock looked at. */
static void reset(engine_t *engine)
{
    const model_t *m = engine->model;
    size_t n = engine->people.n;

    for (int32_t s = m->settings.n_attributes; s < m->n_slots - m->n_derived; s++) memset(own_level(engine, s), m->slots[s].initial, n);
    registers_begin(&engine->registers, engine->level, engine->people.number, (int32_t)n);
    for (int32_t i = 0; i < m->n_moments; i++)
        if (engine->plan.is_counted[i]) memset(engine->count + (size_t)i * engine->capacity, 0, n * sizeof(int32_t));
    for (int32_t r = 0; r < 2 * engine->plan.n_repeating; r++) memset(engine->analyses + (size_t)r * engine->capacity, 0, n * sizeof(int32_t));
    memset(engine->now, 0, n * sizeof(int32_t));
    engine->lists_used = 0;
    engine->n_fired = 0;
    engine->flaw = (engine_flaw_t){0};
    engine->is_packed = false;
}

/* What only those need who live step by step; nothing that happens at entry changes it, but tests that are ordered then. */
static void reset_clocks(engine_t *engine)
{
    const model_t *m = engine->model;
    const model_span_t clocks = m->strategies[engine->strategy].clocks;

    see_ahead(engine);
    for (int32_t p = 0; p < m->settings.n_processes; p++)
        if (engine->plan.is_entry_timed[p]) memset(engine->entered + (size_t)p * engine->capacity, 0, engine->people.n * sizeof(int32_t));
    for (int32_t c = 0; c < clocks.count; c++) look_reset(engine, m->indices[clocks.first + c]);
}

/* Entry rules. Fills `alive` with the living; returns how many there are. */
static int32_t enter(engine_t *engine, int32_t *alive)
{
    take_places(engine);
    cascade_rules(engine, engine->model->strategies[engine->strategy].entry, NULL, engine->n_places, engine->active);
    if (memchr(engine->level[engine->model->settings.life], LIFE_DEAD, engine->people.n))
        return keep_alive(engine, engine->n_places, engine->active, alive);
    memcpy(alive, engine->active, (size_t)engine->n_places * sizeof *alive);
    return engine->n_places;
}

popgx_err_t engine_run(engine_t *engine, int32_t strategy, trajectory_t *trajectory, uint64_t *n_fired)
{
    popgx_err_t err = trajectory_reset(trajectory, engine->people.n, engine->model->settings.horizon);

    if (err != POPGX_OK) return err;
    engine->strategy = strategy;
    engine->trajectory = trajectory;
    reset(engine);
    const fused_plan_t *fused = &engine->plan.fused[strategy];
    if (!fused->is_fusable) reset_clocks(engine);
    int32_t *alive = engine->sorted, n = enter(engine, alive);
    if (n > 0 && ticks_fit(engine->model, strategy)) {
        ticks_run(engine, n, alive);
    } else if (n > 0 && !(fused->is_fusable && fused_run(engine, fused, n, alive))) {
        if (fused->is_fusable) reset_clocks(engine); /* it has no tests to wait for */
        run_steps(engine, n);
    }
    *n_fired += engine->n_fired;
    TRY(engine_flaw_check(&engine->flaw, engine->model, &engine->people));
    err = trajectory_check(trajectory, engine->model, strategy);
out:
    return err;
}
