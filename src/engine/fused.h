/*
 * The fused path: one process that nothing else depends on, all of whose clocks start anew with its states.
 *
 * Such a process needs no clock columns by person: people in the same state stand in one dense queue, everybody in a
 * queue has the same clocks running, and a step moves them to the queues of their next states. Which strategies of a
 * model can go this way is seen from the model's structure alone; the records are those of the general path, bit by bit.
 *
 *   fused_plan.c  what is known of a strategy before anybody lives
 *   fused.c       the queues: who stands in which, and whose turn it is
 *   fused_step.c  a step: who wins the race of the clocks, and what becomes of them
 */
#ifndef POPGX_ENGINE_FUSED_H
#define POPGX_ENGINE_FUSED_H

#include "core/err.h"
#include "engine/situation.h"
#include "model/model.h"

enum {
    FUSED_MOST_CLOCKS = 24,
    FUSED_MOST_STATES = 16,
    FUSED_MOST_ROWS = 4096,     /* kinds of people */
    FUSED_LEAST_CLASS = 64,     /* fewer people with the same curves than this on average are better served by the general path */
    FUSED_STAYS = -2,           /* instead of a next state: nothing changes */
};

typedef struct engine engine_t;

/* People whose clocks follow the same curves; only their ratios differ. */
typedef struct {
    uint32_t runs[FUSED_MOST_STATES];   /* bit c: clock c of the plan runs in this state */
    int32_t curve[FUSED_MOST_STATES][FUSED_MOST_CLOCKS]; /* of the model */
    bool is_uniform[FUSED_MOST_STATES][FUSED_MOST_CLOCKS]; /* one ratio for all */
    int32_t row;                /* of one kind of them */
} fused_class_t;

/* What is known of one strategy. */
typedef struct {
    bool is_fusable;
    int32_t process;            /* slot */
    int32_t n_clocks;
    int32_t clock[FUSED_MOST_CLOCKS];       /* ascending */
    int32_t next[FUSED_MOST_CLOCKS];        /* the state that firing it leads to; MODEL_NONE: death; FUSED_STAYS */
    bool may_repeat[FUSED_MOST_CLOCKS];     /* it may fire without an end of the stay, and be aimed in the midst of it */
    bool is_simple;             /* every clock runs in one state and leaves it: whatever runs began with the stay */
    bool has_kinds;             /* some class has a clock of several ratios */
    int32_t n_states;
    int32_t n_axes;             /* the slots, other than the process, that tell people apart; none changes after entry */
    model_axis_t *axes;         /* [n_axes] */
    int32_t n_rows;             /* kinds: combinations of their levels */
    double *ratio, *inverse;    /* [n_states][n_clocks][n_rows]: of the hazard, and 1 / that; 0 where the clock does not run */
    int32_t n_classes;
    int32_t *class_of_row;      /* [n_rows] */
    fused_class_t *classes;     /* [n_classes] */
} fused_plan_t;

/** Sees whether a strategy can be fused. `situations` are those of every clock. fused_plan_release frees the plan. */
void fused_plan_init(const model_t *model, int32_t strategy, const situation_table_t *situations, fused_plan_t *plan);
void fused_plan_release(fused_plan_t *plan);

/* The ratios of clock c in state q by kind, or their inverses. */
static inline const double *fused_by_row(const fused_plan_t *plan, const double *table, int32_t q, int32_t c)
{
    return table + (size_t)(q * plan->n_clocks + c) * (size_t)plan->n_rows;
}

typedef struct fused fused_t; /* owner of the queues */

/** Queues for the largest of the plans, of which no strategy may be fusable: then *out is NULL. */
MUST_USE popgx_err_t fused_new(size_t capacity, int32_t n_plans, const fused_plan_t *plans, fused_t **out);
void fused_free(fused_t *fused);

/** Lives the rest of the lives of `people` after entry, if they are enough alike; otherwise does nothing and returns false. */
bool fused_run(engine_t *engine, const fused_plan_t *plan, int32_t n, const int32_t *people);
#endif
