/* Inside the fused path: the queues, shared by fused.c and fused_step.c. */
#ifndef POPGX_ENGINE_FUSED_QUEUES_H
#define POPGX_ENGINE_FUSED_QUEUES_H

#include "engine/batch.h"

/*
 * People in one state, as dense columns; by clock means by clock of the plan. A clock that is not the one that fired last may fire from
 * minute `last` on, and if it is late, from the next one on.
 */
typedef struct {
    int32_t n;
    int32_t *person, *row;
    int32_t *entered;           /* the minute in which the state was entered */
    int32_t *last, *late;       /* the minute of their last event; bit c: clock c is late. Not kept if the plan is simple */
    uint64_t *key;
    double *threshold[FUSED_MOST_CLOCKS]; /* INFINITY: has fired as often as it may */
    double *integral[FUSED_MOST_CLOCKS];  /* H when it was last aimed; kept of those that may repeat, 0 for the others */
    int32_t *fired[FUSED_MOST_CLOCKS];    /* how often; not kept of those that kill */
} fused_queue_t;

struct fused {
    size_t capacity;
    int32_t n_states, n_clocks;
    fused_queue_t queue[FUSED_MOST_STATES];
    fused_queue_t leaving;      /* the queue being emptied, its columns swapped in */

    /* of the queue being emptied */
    int32_t *minute, *winner;   /* of the earliest clock */
    uint8_t *is_chosen;         /* those whom one clock has won */
    int32_t *index;             /* the same as a list */
    double *ratio, *origin;     /* dense scratch */
    int32_t *due, *first;

    double *zero;               /* always 0 */
    int32_t *row, *rest, *alike; /* by person; people */
    int32_t *class_count;
    void *memory;
};

/* One class of people under one strategy. */
typedef struct {
    engine_t *engine;
    fused_t *fused;
    const fused_plan_t *plan;
    const fused_class_t *class;
} fused_crowd_t;

/* Everybody in the queue of state q has their next event, if that is before the horizon, and leaves the queue. */
void fused_step(const fused_crowd_t *crowd, int32_t q);
#endif
