/*
 * Queues of people by state. A step empties one queue: everybody's clocks are aimed, the earliest one fires, and people
 * move, column by column, to the queue of their next state, where the thresholds of the clocks that lost are
 * burned and that of the winner is drawn anew. Order within a queue is that of people, so the records of a run are ordered, too.
 */
#include "engine/fused.h"

#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"

/* People in one state, as dense columns. `threshold` and `fired` are by clock of the plan. */
typedef struct {
    int32_t n;
    int32_t *person, *entered;
    uint64_t *key;
    double *threshold[FUSED_MOST_CLOCKS];
    int32_t *fired[FUSED_MOST_CLOCKS];
} queue_t;

struct fused {
    size_t capacity;
    queue_t queue[FUSED_MOST_STATES];
    queue_t leaving;            /* the queue being emptied, its columns swapped in */
    int32_t *due[FUSED_MOST_CLOCKS];
    int32_t *minute, *winner, *index; /* of the queue being emptied */
    int32_t *row, *rest, *alike;      /* people by what tells them apart */
    double *integral;
    void *memory;
};

/* One kind of people under one strategy. */
typedef struct {
    engine_t *engine;
    fused_t *fused;
    const fused_plan_t *plan;
    double ratio[FUSED_MOST_STATES][FUSED_MOST_CLOCKS]; /* 0: the clock does not run in that state */
    kernel_curve_t curve[FUSED_MOST_STATES][FUSED_MOST_CLOCKS];
} kind_t;

/* ---- memory ---- */

static char *take(char **memory, size_t *used, size_t bytes)
{
    char *piece = *memory ? *memory + *used : NULL;
    *used += (bytes + 63) & ~(size_t)63;
    return piece;
}

#define TAKE(pointer, n) ((pointer) = (void *)take(&memory, &used, (n) * sizeof *(pointer)))

static size_t lay_out(fused_t *fused, char *memory)
{
    size_t used = 0, n = fused->capacity;

    for (int32_t q = 0; q <= FUSED_MOST_STATES; q++) {
        queue_t *queue = q < FUSED_MOST_STATES ? &fused->queue[q] : &fused->leaving;
        TAKE(queue->person, n);
        TAKE(queue->entered, n);
        TAKE(queue->key, n);
        for (int32_t c = 0; c < FUSED_MOST_CLOCKS; c++) {
            TAKE(queue->threshold[c], n);
            TAKE(queue->fired[c], n);
        }
    }
    for (int32_t c = 0; c < FUSED_MOST_CLOCKS; c++) TAKE(fused->due[c], n);
    TAKE(fused->minute, n);
    TAKE(fused->winner, n);
    TAKE(fused->index, n);
    TAKE(fused->row, n);
    TAKE(fused->rest, n);
    TAKE(fused->alike, n);
    TAKE(fused->integral, n);
    return used;
}

popgx_err_t fused_new(size_t capacity, fused_t **out)
{
    fused_t *fused = calloc(1, sizeof *fused);

    *out = NULL;
    if (!fused) return FAIL(NOMEM, "no memory for queues of people");
    fused->capacity = capacity;
    size_t bytes = lay_out(fused, NULL);
    if (posix_memalign(&fused->memory, 64, bytes) != 0) {
        free(fused);
        return FAIL(NOMEM, "no memory for queues of %zu people (%zu bytes)", capacity, bytes);
    }
    lay_out(fused, fused->memory);
    *out = fused;
    return POPGX_OK;
}

void fused_free(fused_t *fused)
{
    if (!fused) return;
    free(fused->memory);
    free(fused);
}

/* ---- a step ---- */

/* Aims all clocks that run in state q; minute and winner become those of the earliest, the lowest clock in a tie. */
static void find_winners(const kind_t *kind, int32_t q, const queue_t *queue)
{
    fused_t *fused = kind->fused;
    const kernels_t *kernels = kind->engine->kernels;

    for (int32_t i = 0; i < queue->n; i++) {
        fused->minute[i] = MODEL_NEVER;
        fused->winner[i] = MODEL_NONE;
    }
    for (int32_t c = 0; c < kind->plan->n_clocks; c++) {
        if (!(kind->ratio[q][c] > 0)) continue;
        kernels->aim_entered(queue->n, &kind->curve[q][c], kind->ratio[q][c], queue->entered, queue->threshold[c], fused->due[c]);
        kernels->earlier_of_all(queue->n, fused->due[c], c, fused->minute, fused->winner);
    }
}

/* Where clock c wins before the horizon, as indices into the queue. */
static int32_t find_winners_of(const kind_t *kind, int32_t c, int32_t n)
{
    const int32_t horizon = kind->engine->model->settings.horizon;
    const int32_t *minute = kind->fused->minute, *winner = kind->fused->winner;
    int32_t *index = kind->fused->index, n_won = 0;

    for (int32_t i = 0; i < n; i++) {
        index[n_won] = i;
        n_won += (winner[i] == c) & (minute[i] < horizon);
    }
    return n_won;
}

static void record(const kind_t *kind, int32_t c, int32_t n, const queue_t *from)
{
    const fused_t *fused = kind->fused;
    int32_t *person, *minute;

    trajectory_append(kind->engine->trajectory, kind->engine->model->clocks[kind->plan->clock[c]].moment, n, &person, &minute);
    for (int32_t j = 0; j < n; j++) {
        person[j] = from->person[fused->index[j]];
        minute[j] = fused->minute[fused->index[j]];
    }
}

static void bury(const kind_t *kind, int32_t n, const queue_t *from)
{
    const fused_t *fused = kind->fused;
    int32_t *end = kind->engine->trajectory->end;

    for (int32_t j = 0; j < n; j++) end[from->person[fused->index[j]]] = fused->minute[fused->index[j]];
}

/* People for whom clock w won in state q move to the end of `to`; their thresholds are those after the firing. */
static void move(const kind_t *kind, int32_t q, int32_t w, int32_t n, const queue_t *from, queue_t *to)
{
    fused_t *fused = kind->fused;
    const kernels_t *kernels = kind->engine->kernels;
    const int32_t *restrict index = fused->index, at = to->n;
    int32_t *entered = fused->alike; /* free while a kind lives */

    kernels->gather_ints(n, from->person, index, to->person + at);
    kernels->gather_ints(n, fused->minute, index, to->entered + at);
    kernels->gather_ints(n, from->entered, index, entered);
    kernels->gather_words(n, from->key, index, to->key + at);
    for (int32_t c = 0; c < kind->plan->n_clocks; c++) {
        double *threshold = to->threshold[c] + at;
        int32_t *fired = to->fired[c] + at;
        kernels->gather_ints(n, from->fired[c], index, fired);
        if (c == w) {
            for (int32_t j = 0; j < n; j++) fired[j]++;
            kernels->exponentials_at(n, to->key + at, kind->engine->model->clocks[kind->plan->clock[c]].purpose, fired, threshold);
            continue;
        }
        kernels->gather_doubles(n, from->threshold[c], index, threshold);
        if (kind->ratio[q][c] > 0)
            kernels->burn_entered(n, &kind->curve[q][c], kind->ratio[q][c], entered, to->entered + at, threshold);
    }
    to->n += n;
}

static void step(const kind_t *kind, int32_t q)
{
    fused_t *fused = kind->fused;
    queue_t leaving = fused->queue[q];

    fused->queue[q] = fused->leaving; /* some may come back to this state in this very step */
    fused->queue[q].n = 0;
    fused->leaving = leaving;
    find_winners(kind, q, &leaving);
    for (int32_t c = 0; c < kind->plan->n_clocks; c++) {
        if (!(kind->ratio[q][c] > 0)) continue;
        int32_t n = find_winners_of(kind, c, leaving.n);
        if (n == 0) continue;
        kind->engine->n_fired += (uint64_t)n;
        record(kind, c, n, &leaving);
        if (kind->plan->next[c] == MODEL_NONE) bury(kind, n, &leaving);
        else move(kind, q, c, n, &leaving, &fused->queue[kind->plan->next[c]]);
    }
}

/* ---- kinds of people ---- */

/* Ratios and curves of everybody who is like `person`, in every state. */
static void know_kind(kind_t *kind, int32_t person)
{
    engine_t *engine = kind->engine;
    const fused_plan_t *plan = kind->plan;

    for (int32_t q = 0; q < plan->n_states; q++)
        for (int32_t c = 0; c < plan->n_clocks; c++) {
            const situation_table_t *table = &engine->plan.situations[plan->clock[c]];
            int32_t row = 0;
            for (int32_t a = 0; a < table->n_axes; a++) {
                int32_t slot = table->axes[a].slot;
                row += (slot == plan->process ? q : engine->level[slot][person]) * table->axes[a].stride;
            }
            const situation_t *situation = &table->situations[table->of_row[row]];
            kind->ratio[q][c] = situation->ratio;
            if (situation->ratio > 0) kind->curve[q][c] = situation_curve(engine->model, situation->curve);
        }
}

/* Puts people into the queue of the state in which they are after entry. */
static void enqueue(const kind_t *kind, int32_t n, const int32_t *people)
{
    engine_t *engine = kind->engine;
    const uint8_t *state = engine->level[kind->plan->process];

    for (int32_t q = 0; q < kind->plan->n_states; q++) kind->fused->queue[q].n = 0;
    for (int32_t j = 0; j < n; j++) {
        int32_t i = people[j];
        queue_t *queue = &kind->fused->queue[state[i]];
        int32_t at = queue->n++;
        queue->person[at] = i;
        queue->entered[at] = 0;
        queue->key[at] = engine->people.key[i];
        for (int32_t c = 0; c < kind->plan->n_clocks; c++) {
            queue->threshold[c][at] = engine->clock[kind->plan->clock[c]].first_threshold[i];
            queue->fired[c][at] = 0;
        }
    }
}

static void live(kind_t *kind, int32_t n, const int32_t *people)
{
    bool is_anyone_left = true;

    know_kind(kind, people[0]);
    enqueue(kind, n, people);
    while (is_anyone_left) {
        is_anyone_left = false;
        for (int32_t q = 0; q < kind->plan->n_states; q++) {
            if (kind->fused->queue[q].n == 0) continue;
            step(kind, q);
            is_anyone_left = true;
        }
    }
}

/* Numbers people by what tells them apart and counts the different ones, up to a limit. */
static int32_t count_kinds(engine_t *engine, const fused_plan_t *plan, int32_t n, const int32_t *people, int32_t most)
{
    fused_t *fused = engine->fused;
    int32_t *row = fused->row, n_rest = n, n_kinds = 0;

    memset(row, 0, (size_t)n * sizeof *row);
    for (int32_t a = 0; a < plan->n_axes; a++)
        for (int32_t j = 0; j < n; j++) row[j] += engine->level[plan->axes[a].slot][people[j]] * plan->axes[a].stride;
    if (plan->n_axes == 0) return 1;
    memcpy(fused->rest, row, (size_t)n * sizeof *row);
    while (n_rest > 0 && n_kinds <= most) {
        int32_t first = fused->rest[0], n_other = 0;
        for (int32_t j = 0; j < n_rest; j++) {
            fused->rest[n_other] = fused->rest[j];
            n_other += fused->rest[j] != first;
        }
        n_rest = n_other;
        n_kinds++;
    }
    return n_kinds;
}

bool fused_run(engine_t *engine, const fused_plan_t *plan, int32_t n, const int32_t *people)
{
    fused_t *fused = engine->fused;
    kind_t kind = {.engine = engine, .fused = fused, .plan = plan};
    int32_t most = n / FUSED_LEAST_CLASS + 1, n_rest = n;

    if (count_kinds(engine, plan, n, people, most) > most) return false;
    memcpy(fused->rest, people, (size_t)n * sizeof *people);
    while (n_rest > 0) {
        int32_t *alike = fused->alike, first = fused->row[0], n_alike = 0, n_other = 0;
        for (int32_t j = 0; j < n_rest; j++) {
            int32_t i = fused->rest[j], row = fused->row[j];
            alike[n_alike] = i;
            fused->rest[n_other] = i;
            fused->row[n_other] = row;
            n_alike += row == first;
            n_other += row != first;
        }
        live(&kind, n_alike, alike);
        n_rest = n_other;
    }
    return true;
}
