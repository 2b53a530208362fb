/*
 * Replays the results of tests. What a reading draws, and whether an analysis fails, are functions of the person's key and of how many analyses of the
 * test there were before, results and repeats alike; what a reading may depend on are attributes, states and what earlier readings showed.
 * So the records are enough. (The language has no readings that depend on derived slots.)
 */
#include "ledger/observed.h"

#include <stdlib.h>
#include <string.h>

#include "model/test_luck.h"

static bool depends_on(const model_t *m, model_slot_kind_t kind)
{
    for (int32_t r = 0; r < m->n_readings; r++)
        for (int32_t a = 0; m->readings[r].drawn.width && a < m->readings[r].drawn.axes.count; a++)
            if (m->slots[m->axes[m->readings[r].drawn.axes.first + a].slot].kind == (int32_t)kind) return true;
    return false;
}

popgx_err_t observed_init(observed_t *observed, const model_t *model, size_t capacity)
{
    const size_t n = (size_t)model->settings.n_observations * capacity;

    *observed = (observed_t){.model = model, .capacity = capacity, .last = calloc(n + 1, 1), .first = calloc(n + 1, 1)};
    observed->analyses = calloc((size_t)model->n_tests * capacity + 1, sizeof *observed->analyses);
    const bool needs_states = depends_on(model, SLOT_PROCESS);
    if (depends_on(model, SLOT_DERIVED)) return FAIL(INPUT, "what a test shows depends on what changes during a life, and cannot be told from records");
    if (needs_states) observed->state = calloc((size_t)model->settings.n_processes * capacity + 1, 1);
    const bool is_whole = observed->last && observed->first && observed->analyses && (observed->state || !needs_states);
    return is_whole ? POPGX_OK : FAIL(NOMEM, "no memory for what tests have shown %zu people", capacity);
}

void observed_release(observed_t *observed)
{
    free(observed->last);
    free(observed->first);
    free(observed->analyses);
    free(observed->state);
    *observed = (observed_t){0};
}

static size_t column_of(const observed_t *observed, int32_t observation)
{
    const model_settings_t *m = &observed->model->settings;
    return (size_t)(observation - m->n_attributes - m->n_processes) * observed->capacity;
}

static int32_t level_of(const observed_t *observed, int32_t slot, const cohort_view_t *people, int32_t person)
{
    switch (observed->model->slots[slot].kind) {
    case SLOT_ATTRIBUTE: return people->level[slot][person];
    case SLOT_PROCESS: return observed->state[(size_t)(slot - observed->model->settings.n_attributes) * observed->capacity + (size_t)person];
    default: return observed->last[column_of(observed, slot) + (size_t)person];
    }
}

static int32_t row_of(const observed_t *observed, const model_table_t *table, const cohort_view_t *people, int32_t person)
{
    int32_t row = 0;

    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &observed->model->axes[table->axes.first + a];
        row += level_of(observed, axis->slot, people, person) * axis->stride;
    }
    return row;
}

static uint8_t level_read(const observed_t *observed, const model_reading_t *reading, const cohort_view_t *people, int32_t person, int32_t occurrence)
{
    const model_t *m = observed->model;

    if (reading->drawn.width) {
        const double *row = m->reals + reading->drawn.first + reading->drawn.width * row_of(observed, &reading->drawn, people, person);
        return (uint8_t)(1 + outcome_at(row, reading->drawn.width, rng_uniform_in_lot(people->key[person], reading->purpose, (uint64_t)occurrence, m->settings.lot_bits)));
    }
    if (reading->called == MODEL_NONE) return 1;
    if (reading->map == MODEL_NONE) return (uint8_t)(1 + people->level[reading->called][person]);
    return (uint8_t)(1 + m->indices[reading->map + observed->last[column_of(observed, reading->called) + (size_t)person] - 1]);
}

static void read_result(observed_t *observed, const model_test_t *test, int32_t *analyses, const cohort_view_t *people, int32_t person)
{
    const int32_t occurrence = analyses[person]++;

    const model_table_t *table = &test->failures;
    const double failure = table->width ? observed->model->reals[table->first + row_of(observed, table, people, person)] : test->failure;

    if (test_fails(observed->model, test, failure, people->key[person], occurrence)) return;
    for (int32_t r = 0; r < test->readings.count; r++) {
        const model_reading_t *reading = &observed->model->readings[test->readings.first + r];
        const size_t at = column_of(observed, reading->observation) + (size_t)person;
        observed->last[at] = level_read(observed, reading, people, person, occurrence);
        if (observed->first[at] == OBSERVED_UNKNOWN) observed->first[at] = observed->last[at];
    }
}

/* Whether it kills: whoever dies of a result is told nothing. */
static bool take_effects(observed_t *observed, const trajectory_run_t *run, const int32_t *person)
{
    const model_t *m = observed->model;
    const model_span_t effects = m->moments[run->moment].effects;
    bool is_death = false;

    for (int32_t e = effects.first; e < effects.first + effects.count; e++) {
        const model_effect_t *effect = &m->effects[e];
        is_death |= effect->slot == m->settings.life && effect->level == LIFE_DEAD;
        uint8_t *state = observed->state ? observed->state + (size_t)(effect->slot - m->settings.n_attributes) * observed->capacity : NULL;
        for (int32_t k = 0; state && k < run->count; k++) state[person[k]] = (uint8_t)effect->level;
    }
    return is_death;
}

static void begin(observed_t *observed)
{
    const model_t *m = observed->model;
    const size_t n = (size_t)m->settings.n_observations * observed->capacity;

    memset(observed->last, OBSERVED_UNKNOWN, n);
    memset(observed->first, OBSERVED_UNKNOWN, n);
    memset(observed->analyses, 0, (size_t)m->n_tests * observed->capacity * sizeof *observed->analyses);
    for (int32_t p = 0; observed->state && p < m->settings.n_processes; p++)
        memset(observed->state + (size_t)p * observed->capacity, m->slots[m->settings.n_attributes + p].initial, observed->capacity);
}

void observed_replay(observed_t *observed, const cohort_view_t *people, const trajectory_t *trajectory)
{
    const model_t *m = observed->model;
    size_t at = 0;

    begin(observed);
    for (size_t r = 0; r < trajectory->n_runs; r++) {
        const trajectory_run_t *run = &trajectory->runs[r];
        const model_moment_t *moment = &m->moments[run->moment];
        const int32_t *person = trajectory->person + at;
        at += (size_t)run->count;
        if (take_effects(observed, run, person) || moment->test == MODEL_NONE) continue;
        const model_test_t *test = &m->tests[moment->test];
        int32_t *analyses = observed->analyses + (size_t)moment->test * observed->capacity;
        for (int32_t k = 0; k < run->count && moment->kind == MOMENT_RESULT; k++) read_result(observed, test, analyses, people, person[k]);
        for (int32_t k = 0; k < run->count && run->moment == test->repeat; k++) analyses[person[k]]++;
    }
}
