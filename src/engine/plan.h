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

/* What one clock has to do with the others under one strategy. */
typedef struct {
    int32_t n_causes;
    int32_t *causes;            /* clocks (other than this one) whose firing can change an input of this one, ascending */
    bool kills;                 /* its own firing can kill */
} plan_clock_t;

enum { PLAN_WORD_BITS = 32 };

/* Where a slot's level stands in people's packed levels. */
typedef struct {
    int32_t word, shift;        /* word MODEL_NONE: no clock reads it */
    uint32_t mask;              /* of its level, before it is shifted */
} plan_place_t;

typedef struct {
    plan_clock_t *clocks;       /* [n_strategies][n_clocks] */
    plan_place_t *places;       /* [n_slots] */
    int32_t n_words;            /* of packed levels */
    situation_table_t *situations; /* [n_clocks]: of hazards and delays; empty for the others */
    fused_plan_t *fused;        /* [n_strategies] */
    bool *is_entry_timed;       /* [n_processes]: some clock's time 0 is the entry to a state of this process */
    bool *is_counted;           /* [n_moments]: its occurrences number the uniforms of its branches, of its test, or of rules that it triggers */
    int32_t *repeating;         /* [n_tests]: of those that repeat what fails, the index of its counters; else MODEL_NONE */
    int32_t n_repeating;
    int32_t n_clocks, n_strategies;
    int32_t depth;              /* of the deepest cascade of moments */
    void *memory;
} engine_plan_t;

/** Works the plan out; plan_release frees it, also after a failure. BUGs on a cascade without end: the compiler of models refuses those. */
MUST_USE popgx_err_t plan_init(engine_plan_t *plan, const model_t *model);
void plan_release(engine_plan_t *plan);
#endif
