/*
 * Queues of people by state. The longest queue goes first, so that steps are few and long; since nobody's clocks depend on
 * anybody else's, it makes no difference to anyone. Owns the queues; fused_step.c empties them.
 */
#include "engine/fused.h"

#include <stdlib.h>
#include <string.h>

#include "engine/carver.h"
#include "engine/fused_queues.h"

/* Compaction stores whole vectors (kernels/kernels.h). */
enum { ROOM = COMPACTION_ROOM };

#define TAKE(pointer, n) ((pointer) = carve(&carver, (n), sizeof *(pointer)))

static size_t lay_out(fused_t *fused, char *memory)
{
    carver_t carver = {.memory = memory};
    const size_t n = fused->capacity + ROOM;

    for (int32_t q = 0; q <= fused->n_states; q++) {
        fused_queue_t *queue = q < fused->n_states ? &fused->queue[q] : &fused->leaving;
        TAKE(queue->person, n);
        TAKE(queue->row, n);
        TAKE(queue->entered, n);
        TAKE(queue->last, n);
        TAKE(queue->late, n);
        TAKE(queue->key, n);
        for (int32_t c = 0; c < fused->n_clocks; c++) {
            TAKE(queue->threshold[c], n);
            TAKE(queue->integral[c], n);
            TAKE(queue->fired[c], n);
        }
    }
    TAKE(fused->minute, n);
    TAKE(fused->winner, n);
    TAKE(fused->is_chosen, n);
    TAKE(fused->index, n);
    TAKE(fused->ratio, n);
    TAKE(fused->origin, n);
    TAKE(fused->due, n);
    TAKE(fused->first, n);
    TAKE(fused->zero, n);
    TAKE(fused->row, n);
    TAKE(fused->rest, n);
    TAKE(fused->alike, n);
    TAKE(fused->class_count, FUSED_MOST_ROWS);
    return carver.used;
}

popgx_err_t fused_new(size_t capacity, int32_t n_plans, const fused_plan_t *plans, fused_t **out)
{
    fused_t *fused = calloc(1, sizeof *fused);

    *out = NULL;
    if (!fused) return FAIL(NOMEM, "no memory for queues of people");
    fused->capacity = capacity;
    for (int32_t p = 0; p < n_plans; p++) {
        if (!plans[p].is_fusable) continue;
        if (plans[p].n_states > fused->n_states) fused->n_states = plans[p].n_states;
        if (plans[p].n_clocks > fused->n_clocks) fused->n_clocks = plans[p].n_clocks;
    }
    size_t bytes = lay_out(fused, NULL);
    if (fused->n_states > 0 && posix_memalign(&fused->memory, 64, bytes) != 0) {
        fused->memory = NULL;
        bytes = 0;
    }
    if (!fused->memory) {
        free(fused);
        return bytes ? POPGX_OK : FAIL(NOMEM, "no memory for queues of %zu people", capacity);
    }
    memset(fused->memory, 0, bytes); /* vectors may read, though not use, what nobody wrote */
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

/* ---- who stands where ---- */

/* Everybody is in the same state. */
static void enqueue_block(const fused_crowd_t *crowd, int32_t q, int32_t n)
{
    const engine_t *engine = crowd->engine;
    fused_queue_t *queue = &crowd->fused->queue[q];

    for (int32_t i = 0; i < n; i++) queue->person[i] = i;
    if (crowd->plan->has_kinds) memcpy(queue->row, crowd->fused->row, (size_t)n * sizeof *queue->row);
    memcpy(queue->key, engine->people.key, (size_t)n * sizeof *queue->key);
    for (int32_t c = 0; c < crowd->plan->n_clocks; c++)
        memcpy(queue->threshold[c], engine->clock[crowd->plan->clock[c]].first_threshold, (size_t)n * sizeof(double));
    queue->n = n;
}

static void enqueue_some(const fused_crowd_t *crowd, int32_t q, int32_t n, const int32_t *people)
{
    const engine_t *engine = crowd->engine;
    fused_queue_t *queue = &crowd->fused->queue[q];
    const uint8_t *state = engine->level[crowd->plan->process];
    int32_t at = 0;

    for (int32_t j = 0; j < n; j++) {
        queue->person[at] = people[j];
        at += state[people[j]] == q;
    }
    queue->n = at;
    for (int32_t j = 0; j < at; j++) {
        queue->row[j] = crowd->fused->row[queue->person[j]];
        queue->key[j] = engine->people.key[queue->person[j]];
    }
    for (int32_t c = 0; c < crowd->plan->n_clocks; c++) {
        const double *first_threshold = engine->clock[crowd->plan->clock[c]].first_threshold;
        for (int32_t j = 0; j < at; j++) queue->threshold[c][j] = first_threshold[queue->person[j]];
    }
}

/* Puts people into the queue of the state in which they are after entry. */
static void enqueue(const fused_crowd_t *crowd, int32_t n, const int32_t *people)
{
    const uint8_t *state = crowd->engine->level[crowd->plan->process];
    bool are_together = (size_t)n == crowd->engine->people.n; /* then they are all people of the block, in order */

    for (int32_t j = 1; are_together && j < n; j++) are_together = state[j] == state[0];
    for (int32_t q = 0; q < crowd->plan->n_states; q++) {
        fused_queue_t *queue = &crowd->fused->queue[q];
        queue->n = 0;
        if (!are_together) enqueue_some(crowd, q, n, people);
        else if (state[0] == q) enqueue_block(crowd, q, n);
        memset(queue->entered, 0, (size_t)queue->n * sizeof *queue->entered);
        if (!crowd->plan->is_simple) {
            memset(queue->last, 0, (size_t)queue->n * sizeof *queue->last);
            memset(queue->late, -1, (size_t)queue->n * sizeof *queue->late);
        }
        for (int32_t c = 0; c < crowd->plan->n_clocks; c++) {
            if (crowd->plan->next[c] != MODEL_NONE) memset(queue->fired[c], 0, (size_t)queue->n * sizeof *queue->fired[c]);
            if (crowd->plan->may_repeat[c]) memset(queue->integral[c], 0, (size_t)queue->n * sizeof *queue->integral[c]);
        }
    }
}

static void live(const fused_crowd_t *crowd, int32_t n, const int32_t *people)
{
    const fused_queue_t *queue = crowd->fused->queue;

    enqueue(crowd, n, people);
    while (!crowd->engine->trajectory->is_full) {
        int32_t longest = 0;
        for (int32_t q = 1; q < crowd->plan->n_states; q++)
            if (queue[q].n > queue[longest].n) longest = q;
        if (queue[longest].n == 0) return;
        fused_step(crowd, longest);
    }
}

/* ---- who is like whom ---- */

/* Numbers people by what tells them apart, and counts how many classes there are. */
static int32_t count_classes(engine_t *engine, const fused_plan_t *plan, int32_t n, const int32_t *people)
{
    fused_t *fused = engine->fused;
    int32_t n_present = 0;

    memset(fused->row, 0, engine->people.n * sizeof *fused->row);
    for (int32_t a = 0; a < plan->n_axes; a++)
        engine->kernels->add_levels((int32_t)engine->people.n, engine->level[plan->axes[a].slot], plan->axes[a].stride, fused->row);
    memset(fused->class_count, 0, (size_t)plan->n_classes * sizeof *fused->class_count);
    if (plan->n_classes == 1) fused->class_count[0] = n;
    else for (int32_t j = 0; j < n; j++) fused->class_count[plan->class_of_row[fused->row[people[j]]]]++;
    for (int32_t k = 0; k < plan->n_classes; k++) n_present += fused->class_count[k] > 0;
    return n_present;
}

bool fused_run(engine_t *engine, const fused_plan_t *plan, int32_t n, const int32_t *people)
{
    fused_t *fused = engine->fused;
    int32_t n_rest = n;

    if (count_classes(engine, plan, n, people) > n / FUSED_LEAST_CLASS + 1) return false;
    engine->trajectory->process = plan->process;
    memcpy(fused->rest, people, (size_t)n * sizeof *people);
    for (int32_t k = 0; k < plan->n_classes; k++) {
        const fused_crowd_t crowd = {.engine = engine, .fused = fused, .plan = plan, .class = &plan->classes[k]};
        int32_t *alike = fused->rest, n_alike = 0, n_other = 0;
        if (fused->class_count[k] == 0) continue;
        if (fused->class_count[k] < n_rest) {
            alike = fused->alike;
            for (int32_t j = 0; j < n_rest; j++) {
                int32_t i = fused->rest[j], is_alike = plan->class_of_row[fused->row[i]] == k;
                alike[n_alike] = i;
                fused->rest[n_other] = i;
                n_alike += is_alike;
                n_other += !is_alike;
            }
        }
        live(&crowd, fused->class_count[k], alike);
        n_rest = n_other;
    }
    return true;
}
