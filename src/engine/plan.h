/*
 * What can be known before anybody lives: for each strategy and clock, what else has to be looked at
 * after it has fired. Derived from the model, immutable, shared by nothing but one engine.
 */
#ifndef POPGX_ENGINE_PLAN_H
#define POPGX_ENGINE_PLAN_H

#include "core/err.h"
#include "engine/fused.h"
#include "engine/situation.h"
#include "model/model.h"

typedef struct {
    int32_t n_looks;
    int32_t *looks;             /* clocks (other than the one that fired) of which an input can have changed, ascending */
} plan_after_t;

typedef struct {
    plan_after_t *after;        /* [n_strategies][n_clocks] */
    situation_table_t *situations; /* [n_clocks]: of hazards and delays; empty for the others */
    fused_plan_t *fused;        /* [n_strategies] */
    bool *is_entry_timed;       /* [n_processes]: some clock's time 0 is the entry to a state of this process */
    bool *is_counted;           /* [n_moments]: its occurrences number the uniforms of its branches, or of its test */
    int32_t n_clocks;
    int32_t depth;              /* of the deepest cascade of moments */
    void *memory;
} engine_plan_t;

/** Works the plan out; plan_release frees it, also after a failure. BUGs on a cascade without end: the compiler of models refuses those. */
MUST_USE popgx_err_t plan_init(engine_plan_t *plan, const model_t *model);
void plan_release(engine_plan_t *plan);
#endif
