/*
 * Replays the results of tests. What a reading draws, and whether an analysis fails, are functions of the person's key and of how many analyses of the
 * test there were before, results and repeats alike; what a reading may depend on are attributes, states and what earlier readings showed.
 * So the records are enough. (The language has no readings that depend on derived slots.)
 */
#include "ledger/shown.h"

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

popgx_err_t shown_init(shown_t *shown, const model_t *model, size_t capacity)
{
    const size_t n = (size_t)model->settings.n_observations * capacity;

    *shown = (shown_t){.model = model, .capacity = capacity, .last = calloc(n + 1, 1), .first = calloc(n + 1, 1)};
    shown->analyses = calloc((size_t)model->n_tests * capacity + 1, sizeof *shown->analyses);
    const bool needs_states = depends_on(model, SLOT_PROCESS);
    if (depends_on(model, SLOT_DERIVED)) return FAIL(INPUT, "what a test shows depends on what changes during a life, and cannot be told from records");
    if (needs_states) shown->state = calloc((size_t)model->settings.n_processes * capacity + 1, 1);
    const bool is_whole = shown->last && shown->first && shown->analyses && (shown->state || !needs_states);
    return is_whole ? POPGX_OK : FAIL(NOMEM, "no memory for what tests have shown %zu people", capacity);
}

void shown_release(shown_t *shown)
{
    free(shown->last);
    free(shown->first);
    free(shown->analyses);
    free(shown->state);
    *shown = (shown_t){0};
}

static size_t column_of(const shown_t *shown, int32_t observation)
{
    const model_settings_t *m = &shown->model->settings;
    return (size_t)(observation - m->n_attributes - m->n_processes) * shown->capacity;
}

static int32_t level_of(const shown_t *shown, int32_t slot, const cohort_view_t *people, int32_t person)
{
    switch (shown->model->slots[slot].kind) {
    case SLOT_ATTRIBUTE: return people->level[slot][person];
    case SLOT_PROCESS: return shown->state[(size_t)(slot - shown->model->settings.n_attributes) * shown->capacity + (size_t)person];
    default: return shown->last[column_of(shown, slot) + (size_t)person];
    }
}

static int32_t row_of(const shown_t *shown, const model_table_t *table, const cohort_view_t *people, int32_t person)
{
    int32_t row = 0;

    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &shown->model->axes[table->axes.first + a];
        row += level_of(shown, axis->slot, people, person) * axis->stride;
    }
    return row;
}

static uint8_t level_read(const shown_t *shown, const model_reading_t *reading, const cohort_view_t *people, int32_t person, int32_t occurrence)
{
    const model_t *m = shown->model;

    if (reading->drawn.width) {
        const double *row = m->reals + reading->drawn.first + reading->drawn.width * row_of(shown, &reading->drawn, people, person);
        return (uint8_t)(1 + outcome_at(row, reading->drawn.width, rng_uniform(people->key[person], reading->purpose, (uint64_t)occurrence)));
    }
    if (reading->called == MODEL_NONE) return 1;
    if (reading->map == MODEL_NONE) return (uint8_t)(1 + people->level[reading->called][person]);
    return (uint8_t)(1 + m->indices[reading->map + shown->last[column_of(shown, reading->called) + (size_t)person] - 1]);
}

static void read_result(shown_t *shown, const model_test_t *test, int32_t *analyses, const cohort_view_t *people, int32_t person)
{
    const int32_t occurrence = analyses[person]++;

    const model_table_t *table = &test->failures;
    const double failure = table->width ? shown->model->reals[table->first + row_of(shown, table, people, person)] : test->failure;

    if (test_fails(test, failure, people->key[person], occurrence)) return;
    for (int32_t r = 0; r < test->readings.count; r++) {
        const model_reading_t *reading = &shown->model->readings[test->readings.first + r];
        const size_t at = column_of(shown, reading->observation) + (size_t)person;
        shown->last[at] = level_read(shown, reading, people, person, occurrence);
        if (shown->first[at] == OBSERVED_UNKNOWN) shown->first[at] = shown->last[at];
    }
}

/* Whether it kills: whoever dies of a result is told nothing. */
static bool take_effects(shown_t *shown, const trajectory_run_t *run, const int32_t *person)
{
    const model_t *m = shown->model;
    const model_span_t effects = m->moments[run->moment].effects;
    bool is_death = false;

    for (int32_t e = effects.first; e < effects.first + effects.count; e++) {
        const model_effect_t *effect = &m->effects[e];
        is_death |= effect->slot == m->settings.life && effect->level == LIFE_DEAD;
        uint8_t *state = shown->state ? shown->state + (size_t)(effect->slot - m->settings.n_attributes) * shown->capacity : NULL;
        for (int32_t k = 0; state && k < run->count; k++) state[person[k]] = (uint8_t)effect->level;
    }
    return is_death;
}

static void begin(shown_t *shown)
{
    const model_t *m = shown->model;
    const size_t n = (size_t)m->settings.n_observations * shown->capacity;

    memset(shown->last, OBSERVED_UNKNOWN, n);
    memset(shown->first, OBSERVED_UNKNOWN, n);
    memset(shown->analyses, 0, (size_t)m->n_tests * shown->capacity * sizeof *shown->analyses);
    for (int32_t p = 0; shown->state && p < m->settings.n_processes; p++)
        memset(shown->state + (size_t)p * shown->capacity, m->slots[m->settings.n_attributes + p].initial, shown->capacity);
}

void shown_replay(shown_t *shown, const cohort_view_t *people, const trajectory_t *trajectory)
{
    const model_t *m = shown->model;
    size_t at = 0;

    begin(shown);
    for (size_t r = 0; r < trajectory->n_runs; r++) {
        const trajectory_run_t *run = &trajectory->runs[r];
        const model_moment_t *moment = &m->moments[run->moment];
        const int32_t *person = trajectory->person + at;
        at += (size_t)run->count;
        if (take_effects(shown, run, person) || moment->test == MODEL_NONE) continue;
        const model_test_t *test = &m->tests[moment->test];
        int32_t *analyses = shown->analyses + (size_t)moment->test * shown->capacity;
        for (int32_t k = 0; k < run->count && moment->kind == MOMENT_RESULT; k++) read_result(shown, test, analyses, people, person[k]);
        for (int32_t k = 0; k < run->count && run->moment == test->repeat; k++) analyses[person[k]]++;
    }
}
