/*
 * Looking at clocks. The group's inputs are gathered into dense columns, compared with what the clock went by
 * so far, and only where they differ is the clock burned and aimed anew; everybody else's stays untouched
 * to the last bit.
 */
#include "engine/batch.h"
#include "rng/keyed.h"

/* The row of a table for person i. */
static int32_t row_of(const engine_t *engine, const model_table_t *table, int32_t i)
{
    const model_t *m = engine->model;
    int32_t row = 0;

    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &m->axes[table->axes.first + a];
        row += engine->level[axis->slot][i] * axis->stride;
    }
    return row;
}

static bool is_enabled(const engine_t *engine, const model_clock_t *clock, int32_t i)
{
    const model_term_t *terms = engine->model->terms + clock->enabled.first;

    for (int32_t k = 0; k < clock->enabled.count; k++)
        if (!(terms[k].levels >> engine->level[terms[k].slot][i] & 1)) return false;
    return true;
}

static double ratio_of(const engine_t *engine, const model_clock_t *clock, int32_t i)
{
    const model_t *m = engine->model;
    double ratio = 1;

    for (int32_t r = 0; r < clock->ratios.count; r++) {
        const model_table_t *table = &m->ratios[clock->ratios.first + r];
        ratio *= m->reals[table->first + row_of(engine, table, i)];
    }
    return ratio;
}

static double origin_of(const engine_t *engine, const model_clock_t *clock, int32_t i)
{
    const model_settings_t *settings = &engine->model->settings;

    switch (clock->scale) {
    case SCALE_AGE: return -engine->people.number[settings->age][i];
    case SCALE_IN_STATE: return engine->entered[(size_t)(clock->process - settings->n_attributes) * engine->capacity + (size_t)i];
    default: return 0;
    }
}

static hazard_clock_t gather(const clock_columns_t *column, int32_t i)
{
    return (hazard_clock_t){
        .threshold = column->threshold[i], .ratio = column->ratio[i], .origin = column->origin[i], .integral = column->integral[i],
        .curve = column->curve[i], .earliest = column->earliest[i], .due = column->due[i],
    };
}

static void scatter(const clock_columns_t *column, int32_t i, const hazard_clock_t *state)
{
    column->threshold[i] = state->threshold;
    column->ratio[i] = state->ratio;
    column->origin[i] = state->origin;
    column->integral[i] = state->integral;
    column->curve[i] = state->curve;
    column->earliest[i] = state->earliest;
    column->due[i] = state->due;
}

static void look_at_hazard(engine_t *engine, int32_t k, bool has_fired, int32_t n, const int32_t *people)
{
    const model_t *m = engine->model;
    const model_clock_t *clock = &m->clocks[k];
    const clock_columns_t *column = &engine->clock[k];

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j], now = engine->now[i];
        bool may_run = column->fired[i] < clock->most && is_enabled(engine, clock, i);
        double ratio = may_run ? ratio_of(engine, clock, i) : 0, origin = origin_of(engine, clock, i);
        int32_t curve = clock->curve.first + row_of(engine, &clock->curve, i);
        hazard_clock_t state = gather(column, i);

        if (has_fired) {
            state.threshold = rng_exponential(engine->people.key[i], clock->purpose, (uint64_t)column->fired[i]);
            state.earliest = now + 1;
        } else {
            bool is_same = ratio == state.ratio && (ratio == 0 || (curve == state.curve && origin == state.origin));
            if (is_same) continue;
            if (state.ratio > 0) hazard_burn(m, &state, now);
            else state.earliest = now + 1;
        }
        state.ratio = ratio;
        state.curve = curve;
        state.origin = origin;
        state.due = MODEL_NEVER;
        if (ratio > 0) hazard_aim(m, &state, now);
        scatter(column, i, &state);
    }
}

static void look_at_delay(engine_t *engine, int32_t k, bool has_fired, int32_t n, const int32_t *people)
{
    const model_clock_t *clock = &engine->model->clocks[k];
    const clock_columns_t *column = &engine->clock[k];

    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        double runs = column->fired[i] < clock->most && is_enabled(engine, clock, i), origin = origin_of(engine, clock, i);
        if (!has_fired && runs == column->ratio[i] && (runs == 0 || origin == column->origin[i])) continue;
        column->ratio[i] = runs;
        column->origin[i] = origin;
        column->due[i] = runs > 0 ? minutes_after(engine->now[i], clock->minutes) : MODEL_NEVER;
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
    if (clock->kind != CLOCK_HAZARD) return;
    for (int32_t i = 0; i < n; i++) column->threshold[i] = engine->first_threshold[k][i];
}
