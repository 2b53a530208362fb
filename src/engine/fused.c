/*
 * Queues of people by state. A step empties one queue: everybody's clocks are aimed, the earliest one fires, and people
 * move, column by column, to the queue of their next state, where the thresholds of the clocks that lost are
 * burned and that of the winner is drawn anew. Order within a queue is that of people, so the records of a run are ordered, too.
 */
#include "engine/fused.h"

#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "engine/carver.h"

/* People in one state, as dense columns. `threshold` is by clock of the plan. */
typedef struct {
    int32_t n;
    int32_t *person, *entered;
    uint64_t *key;
    double *threshold[FUSED_MOST_CLOCKS];
} queue_t;

struct fused {
    size_t capacity;
    queue_t queue[FUSED_MOST_STATES];
    queue_t leaving;            /* the queue being emptied, its columns swapped in */
    int32_t *due[FUSED_MOST_CLOCKS];
    int32_t *minute, *winner;   /* of the queue being emptied */
    uint8_t *is_chosen;         /* of these, those whom one clock has won */
    int32_t *index;             /* the same as a list */
    int32_t *row, *rest, *alike;      /* people by what tells them apart */
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

#define TAKE(pointer, n) ((pointer) = carve(&carver, (n), sizeof *(pointer)))

static size_t lay_out(fused_t *fused, char *memory)
{
    carver_t carver = {.memory = memory};
    size_t n = fused->capacity;

    for (int32_t q = 0; q <= FUSED_MOST_STATES; q++) {
        queue_t *queue = q < FUSED_MOST_STATES ? &fused->queue[q] : &fused->leaving;
        TAKE(queue->person, n);
        TAKE(queue->entered, n);
        TAKE(queue->key, n);
        for (int32_t c = 0; c < FUSED_MOST_CLOCKS; c++) TAKE(queue->threshold[c], n);
    }
    for (int32_t c = 0; c < FUSED_MOST_CLOCKS; c++) TAKE(fused->due[c], n);
    TAKE(fused->minute, n);
    TAKE(fused->winner, n);
    TAKE(fused->is_chosen, n);
    TAKE(fused->index, n);
    TAKE(fused->row, n);
    TAKE(fused->rest, n);
    TAKE(fused->alike, n);
    return carver.used;
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

/* The people of a queue for whom one clock has won. */
typedef struct {
    const queue_t *from;
    int32_t clock;              /* of the plan */
    int32_t n;
} winners_t;

static void keep_ints(const kind_t *kind, const winners_t *won, const int32_t *from, int32_t *to)
{
    kind->engine->kernels->compact_ints(won->from->n, kind->fused->is_chosen, kind->fused->index, won->n, from, to);
}

/* How often their clock had fired before, all together. */
static int64_t count_earlier(const kind_t *kind, const winners_t *won, const int32_t *person)
{
    const int32_t *fired = kind->engine->clock[kind->plan->clock[won->clock]].fired;
    int64_t earlier = 0;

    for (int32_t j = 0; j < won->n; j++) earlier += fired[person[j]];
    return earlier;
}

static void record(const kind_t *kind, int32_t q, const winners_t *won, int32_t **person, int32_t **minute)
{
    const model_t *m = kind->engine->model;
    trajectory_run_t move = {.moment = m->clocks[kind->plan->clock[won->clock]].moment, .count = won->n, .left = q,
                             .entered = kind->plan->next[won->clock]};

    keep_ints(kind, won, won->from->person, kind->fused->due[1]);
    move.earlier = count_earlier(kind, won, kind->fused->due[1]);
    trajectory_append_move(kind->engine->trajectory, &move, person, minute);
    keep_ints(kind, won, won->from->person, *person);
    keep_ints(kind, won, kind->fused->minute, *minute);
}

static void bury(const kind_t *kind, int32_t n, const int32_t *person, const int32_t *minute)
{
    int32_t *end = kind->engine->trajectory->end;
    for (int32_t j = 0; j < n; j++) end[person[j]] = minute[j];
}

/* The thresholds of a clock after it has fired. */
static void draw_again(const kind_t *kind, int32_t c, int32_t n, const int32_t *person, const uint64_t *key, double *threshold)
{
    const engine_t *engine = kind->engine;
    const int32_t k = kind->plan->clock[c];
    int32_t *fired = engine->clock[k].fired, *occurrence = kind->fused->due[0]; /* free once the winners are known */

    for (int32_t j = 0; j < n; j++) occurrence[j] = ++fired[person[j]];
    engine->kernels->exponentials_at(n, key, engine->model->clocks[k].purpose, occurrence, threshold);
}

/* The winners leave state q for the end of `to`; their thresholds become those after the firing. */
static void move(const kind_t *kind, int32_t q, const winners_t *won, const int32_t *person, const int32_t *minute, queue_t *to)
{
    fused_t *fused = kind->fused;
    const kernels_t *kernels = kind->engine->kernels;
    const queue_t *from = won->from;
    const int32_t at = to->n, n = won->n;
    int32_t *entered = fused->alike; /* free while a kind lives */

    memcpy(to->person + at, person, (size_t)n * sizeof *person);
    memcpy(to->entered + at, minute, (size_t)n * sizeof *minute);
    keep_ints(kind, won, from->entered, entered);
    kernels->compact_words(from->n, fused->is_chosen, fused->index, n, from->key, to->key + at);
    for (int32_t c = 0; c < kind->plan->n_clocks; c++) {
        double *threshold = to->threshold[c] + at;
        if (c == won->clock) {
            draw_again(kind, c, n, person, to->key + at, threshold);
            continue;
        }
        kernels->compact_doubles(from->n, fused->is_chosen, fused->index, n, from->threshold[c], threshold);
        if (kind->ratio[q][c] > 0) kernels->burn_entered(n, &kind->curve[q][c], kind->ratio[q][c], entered, minute, threshold);
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
        winners_t won = {.from = &leaving, .clock = c};
        int32_t *person, *minute, next = kind->plan->next[c];
        won.n = kind->engine->kernels->choose_winners(leaving.n, fused->winner, c, fused->minute, kind->engine->model->settings.horizon,
                                                      fused->is_chosen, fused->index);
        if (won.n == 0) continue;
        kind->engine->n_fired += (uint64_t)won.n;
        record(kind, q, &won, &person, &minute);
        if (next == MODEL_NONE) bury(kind, won.n, person, minute);
        else move(kind, q, &won, person, minute, &fused->queue[next]);
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
        for (int32_t c = 0; c < kind->plan->n_clocks; c++)
            queue->threshold[c][at] = engine->clock[kind->plan->clock[c]].first_threshold[i];
    }
}

static void live(kind_t *kind, int32_t n, const int32_t *people)
{
    bool is_anyone_left = true;

    know_kind(kind, people[0]);
    enqueue(kind, n, people);
    while (is_anyone_left && !kind->engine->trajectory->is_full) {
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
    engine->trajectory->process = plan->process;
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
