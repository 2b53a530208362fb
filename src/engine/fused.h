/*
 * The fused path: one process that nothing else depends on, each of whose clocks runs in one of its states and starts anew with it.
 *
 * Such a process needs no clock columns by person: people in the same state stand in one dense queue, everybody in a
 * queue has the same clocks running, and a step moves them to the queues of their next states. Which strategies of a
 * model can go this way is seen from the model's structure alone; the records are those of the general path, bit by bit.
 */
#ifndef POPGX_ENGINE_FUSED_H
#define POPGX_ENGINE_FUSED_H

#include "core/err.h"
#include "engine/situation.h"
#include "model/model.h"

enum {
    FUSED_MOST_CLOCKS = 8,
    FUSED_MOST_STATES = 8,
    FUSED_LEAST_CLASS = 64,     /* fewer people alike than this on average are better served by the general path */
};

typedef struct engine engine_t;

/* What is known of one strategy. */
typedef struct {
    bool is_fusable;
    int32_t process;            /* slot */
    int32_t n_clocks;
    int32_t clock[FUSED_MOST_CLOCKS];       /* ascending */
    int32_t next[FUSED_MOST_CLOCKS];        /* the state that firing it leads to, or MODEL_NONE: death */
    int32_t n_states;
    int32_t n_axes;             /* the slots, other than the process, that tell people apart; none changes after entry */
    model_axis_t *axes;         /* [n_axes], in the plan's memory */
} fused_plan_t;

/**
 * Sees whether a strategy can be fused.
 *
 * @param situations  of every clock
 * @param axes        room for n_slots axes
 */
void fused_plan(const model_t *model, int32_t strategy, const situation_table_t *situations, model_axis_t *axes, fused_plan_t *plan);

typedef struct fused fused_t; /* owner of the queues */

MUST_USE popgx_err_t fused_new(size_t capacity, fused_t **out);
void fused_free(fused_t *fused);

/** Lives the rest of the lives of `people` after entry, if they are enough alike; otherwise does nothing and returns false. */
bool fused_run(engine_t *engine, const fused_plan_t *plan, int32_t n, const int32_t *people);
#endif
