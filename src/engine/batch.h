/*
 * Inside the batch engine: its columns, and what its files offer each other.
 *
 *   engine.c    memory, and what a run begins and ends with
 *   steps.c     the loop: who is next, sorted by what fires next
 *   cascade.c   a moment happens to a group of people, with all that follows
 *   fused*.c    the shorter way for strategies whose clocks all belong to one process
 *   ticks.c     the shorter way for strategies in which only cycles and dates are timed
 *   look.c      clocks are looked at: whose inputs have changed?
 *   pieces.c    clocks of hazards are burned and aimed
 *
 * A group is a list of distinct indices of people in the block. Columns are indexed by person unless something else is said.
 */
#ifndef POPGX_ENGINE_BATCH_H
#define POPGX_ENGINE_BATCH_H

#include "engine/engine.h"
#include "engine/plan.h"
#include "kernels/kernels.h"

enum {
    LOOK_PIECE = 256,           /* people whose clock is burned and aimed at once: their columns stay in the first-level cache */
    LOOK_LANES = 16,            /* at most COMPACTION_ROOM */
};

/* One clock of every person of the block: what hazard_clock_t says of one. */
typedef struct {
    kernel_clock_t *memory;     /* hazards and delays */
    kernel_field_t *fields;     /* [n_axes of its situations]: where the levels that matter are */
    int32_t *due;               /* by place */
    int32_t *fired;             /* how often: the occurrence of its next threshold */
    double *origin;             /* clocks that count exposure: time 0 of their time as it runs now; else NULL */
    double *value;              /* clocks with a formula: what it said (hazards: a ratio; dates: the minute); else NULL */

    /* Hazards; the same for all strategies, so worked out once for a block. */
    double *first_threshold;
    uint8_t *can_fire;          /* 0: the first threshold is beyond whatever can happen to the person */
    int32_t *able;              /* the people who can fire it, ascending */
    int32_t n_able;
} clock_columns_t;

/* Scratch for the people who look at one clock. */
typedef struct {
    int32_t *people;            /* [capacity] */
    int32_t *situation;         /* [capacity]: what the clock's inputs say now */
    kernel_changes_t stopping, starting, going_on, same; /* [capacity] */
    double *value, *sum, *chance; /* [capacity]: of formulas, dense */
    int32_t *minute;            /* [capacity]: for formulas and registers, dense */
    double *next_value;         /* [capacity], by person: what the formula of the clock in hand says now */

    /* Dense columns, [LOOK_PIECE]: a piece of them, gathered for a kernel. */
    double *threshold, *ratio, *new_ratio, *origin, *integral;
    int32_t *earliest, *entered, *due, *now, *occurrence;
    uint64_t *key;
} group_columns_t;

struct engine {
    const model_t *model;
    const kernels_t *kernels;
    size_t capacity;
    engine_plan_t plan;
    fused_t *fused;
    cohort_view_t people;
    int32_t strategy;
    trajectory_t *trajectory;
    uint64_t n_fired;
    engine_flaw_t flaw;

    const uint8_t **level;      /* [n_slots]: attributes are the cohort's columns, the others point into `own_level`; derived: the registers' */
    uint8_t *own_level;         /* [n_slots - n_attributes - n_derived][capacity] */
    uint32_t *packed;           /* [plan.n_words][capacity]: levels that clocks read, while is_packed */
    bool is_packed;
    bool is_seen_ahead;         /* can_fire, able, birth and calendar are those of this block */
    registers_t registers;
    int32_t *entered;           /* [n_processes][capacity]: minute in which the process entered its state */
    int32_t *count;             /* [n_moments][capacity]: occurrences so far, of counted moments */
    int32_t *analyses;          /* [2 n_repeating][capacity]: of a test that repeats what fails: analyses done, then repeats since it was ordered */
    int32_t *now;               /* [capacity]: the minute each person has reached */
    clock_columns_t *clock;     /* [n_clocks] */
    group_columns_t group;
    int32_t *next_due, *next_clock; /* by place */
    uint8_t *goes_on;           /* by place: something fires before the horizon */
    int32_t n_places;
    int32_t *place;             /* [capacity]: of each person with a place */
    int32_t *spare;             /* [capacity]: what a column that moves up is written to */
    double *birth, *calendar;   /* [capacity]: -age and -date, time 0 of clocks on age and on the calendar */
    int32_t *active;            /* by place: who has it */
    int32_t *sorted;            /* people by the clock that fires */
    int32_t *start, *group_size; /* [n_clocks]: of each clock's group in `sorted` */
    int32_t *lists;             /* stack of person lists for cascades */
    size_t lists_used, lists_size;
    void *memory;
};

static inline uint8_t *own_level(engine_t *engine, int32_t slot)
{
    return engine->own_level + (size_t)(slot - engine->model->settings.n_attributes) * engine->capacity;
}

/* By person: the minute in which this process entered its state. */
static inline int32_t *entered_column(const engine_t *engine, int32_t slot)
{
    return engine->entered + (size_t)(slot - engine->model->settings.n_attributes) * engine->capacity;
}

static inline bool is_alive(const engine_t *engine, int32_t person)
{
    return engine->level[engine->model->settings.life][person] != LIFE_DEAD;
}

/* now + minutes, or MODEL_NEVER if that is beyond what can be on record. */
static inline int32_t minutes_after(int32_t now, int32_t minutes) { return minutes < MODEL_NEVER - now ? now + minutes : MODEL_NEVER; }

/* Copies the living of `people` to `alive` (may be the same list) and returns how many there are. */
int32_t keep_alive(const engine_t *engine, int32_t n, const int32_t *people, int32_t *alive);

/* result[j] of person people[j], now. */
void run_formula(engine_t *engine, model_formula_t formula, int32_t n, const int32_t *people, double *result);

/* Everybody has the place of their own number. */
void take_places(engine_t *engine);

/* Lives everybody's lives after entry, which n survived. */
void run_steps(engine_t *engine, int32_t n);

/* The moment happens to everyone of the group in their current minute (engine->now), with all that follows from it. */
void cascade_moment(engine_t *engine, int32_t moment, int32_t n, const int32_t *people);

/* An analysis of the test is done for everyone of the group: its result comes, or it has failed and is made again. */
void cascade_result(engine_t *engine, int32_t test, int32_t n, const int32_t *people);

/* The rules are carried out for everyone of the group. `happened`: a column of how often their trigger did, this time included; NULL: once, or nobody asks. */
void cascade_rules(engine_t *engine, model_span_t rules, const int32_t *happened, int32_t n, const int32_t *people);

/* Whether nothing but cycles and dates is timed under the strategy; then ticks_run lives the lives of `people`, who are alive after entry. */
bool ticks_fit(const model_t *model, int32_t strategy);
void ticks_run(engine_t *engine, int32_t n, int32_t *people);

/* Clock k has just fired for everyone of the group: it gets its next threshold and runs on, or stops. */
void look_after_firing(engine_t *engine, int32_t k, int32_t n, const int32_t *people);

/* Looks at clock k, which has not fired, of everyone of the group in their current minute: some input may have changed. */
void look_at_clock(engine_t *engine, int32_t k, int32_t n, const int32_t *people);

/* Finds whom clock k, whose first thresholds are drawn, can concern at all. */
void look_ahead(engine_t *engine, int32_t k);

/* The first look at clock k of everyone in the block, at entry: after it, the clock is as look_at_clock would have left it. */
void look_first(engine_t *engine, int32_t k);

/* Before entry: nothing has fired, no result is awaited. */
void look_reset(engine_t *engine, int32_t k);
#endif
