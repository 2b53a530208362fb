/*
 * Lives: what happens to a block of people under one strategy.
 *
 * Two implementations of the same semantics (model/model.h says what moments, clocks and rules do;
 * model/hazard.h has the arithmetic):
 *   engine_t     advances the whole block by one firing per person and step, and handles people who
 *                meet the same moment together
 *   reference_t  one person after the other, one firing after the other: slow and obvious. The tests
 *                demand equal records; `popgx trace` tells its story.
 * Neither knows MPI, HDF5 or files, and neither knows money.
 *
 * Semantics, for one person under one strategy:
 *  1. At minute 0 every process is in its initial state and nothing is known. The entry rules of the
 *     strategy are carried out. Then every clock of the strategy is looked at.
 *  2. The clock that is due first fires, the lowest index first if several are due in the same
 *     minute; a clock due at the horizon or later never fires.
 *  3. Its moment happens, with all that follows from it in the same minute (model_moment_t).
 *  4. Then every other clock is looked at: one whose ratio, curve or time origin has changed is burned and
 *     aimed anew, one that has not is left as it was to the last bit. The clock that fired draws its next
 *     threshold (hazards) or stops (dates, results, `most` reached).
 *     A change is what differs between the end of the last look and this one, so a state left and
 *     entered again in the same minute counts only through the time it was entered.
 *  5. Until the person is dead or no clock is due before the horizon.
 *
 * Looking at a hazard clock: ratio = product of its ratios if `enabled` holds and it fired fewer than
 * `most` times, else 0; the curve is its table's row; the origin is 0, -age, or the minute in which its process entered
 * its state. A ratio that becomes positive from 0 sets `earliest` to the next minute. A clock whose ratio becomes 0
 * is burned and its threshold waits. A delay clock starts when it is enabled, fires `minutes` (at least 1) later,
 * starts again if it is still enabled then, and forgets its progress when it is disabled or its origin changes.
 * A hazard with a formula has its value as a last ratio. A delay with one takes its value, worked out when it starts, for its minutes, or (SCALE_DATE)
 * for the minute at which it fires, to which it is aimed anew when that has changed.
 * A formula that has no value where it is needed, a ratio or a time below 0, or probabilities that are none stop the run.
 *
 * A tick fires at the end of every cycle and has no inputs.
 *
 * Setting a process to the state it is in is not an entry: it changes nothing. A moment that sets `life` to dead ends the person: nothing follows.
 * Ordering a test: if no result of it is pending, its order moment happens; with turnaround 0 the
 * result moment follows at once, else the result clock is due at minute + turnaround. When the result
 * arrives: with u = uniform(failure_purpose, number of earlier results of this test), if u >= failure, the readings are
 * copied to the observations; in both cases the rules of the result moment run.
 */
#ifndef POPGX_ENGINE_ENGINE_H
#define POPGX_ENGINE_ENGINE_H

#include "cohort/cohort.h"
#include "core/err.h"
#include "ledger/trajectory.h"
#include "model/hazard.h"
#include "model/model.h"
#include "model/registers.h"

/** The first value that could not be used: what for, of whom, when. */
typedef struct {
    const char *what;           /* NULL: there is none */
    model_formula_t formula;
    size_t person;
    int32_t minute;
    double value;
} engine_flaw_t;

/** Keeps the first. */
static inline void engine_flaw(engine_flaw_t *flaw, const char *what, model_formula_t formula, size_t person, int32_t minute, double value)
{
    if (!flaw->what) *flaw = (engine_flaw_t){what, formula, person, minute, value};
}

/** POPGX_OK without a flaw, else POPGX_E_RANGE with its message. */
MUST_USE popgx_err_t engine_flaw_check(const engine_flaw_t *flaw, const model_t *model, const cohort_view_t *people);

typedef struct engine engine_t; /* owner; one per thread, reused for every block */

/** Makes an engine for blocks of at most `capacity` people of `model`, which must outlive it. The caller frees it. */
MUST_USE popgx_err_t engine_new(const model_t *model, size_t capacity, engine_t **out);

/** Frees `engine`; NULL is allowed. */
void engine_free(engine_t *engine);

/**
 * Takes up a block of people and draws what all strategies share (first thresholds).
 * The view must stay valid until the last engine_run on it.
 */
void engine_start(engine_t *engine, const cohort_view_t *people);

/**
 * Lives the block's lives under `strategy` (0 .. n_strategies - 1).
 *
 * @param[out] trajectory  reset and filled; what model_is_recorded says is recorded
 * @param[out] n_fired     incremented by the number of MOMENT_TIMED that clocks fired or cycles chose
 * @retval POPGX_E_NOMEM  the trajectory could not grow
 * @retval POPGX_E_RANGE  more happened than a trajectory holds (trajectory_check), or a formula has no value: the message names person and minute
 */
MUST_USE popgx_err_t engine_run(engine_t *engine, int32_t strategy, trajectory_t *trajectory, uint64_t *n_fired);

/* ---- the slow and obvious one ---- */

typedef struct reference reference_t;

/** What the reference tells whoever watches: `popgx trace`, and tests. Borrowed, valid during the call. */
typedef struct {
    enum { TOLD_CLOCK_AIMED, TOLD_CLOCK_STOPPED, TOLD_MOMENT, TOLD_BRANCH, TOLD_TEST, TOLD_READING } what;
    int32_t minute;
    int32_t index;              /* of the clock, moment, branch, test, or slot (READING) */
    const hazard_clock_t *clock; /* CLOCK_*: its state now */
    int32_t occurrence;
    double uniform;             /* BRANCH, TEST: the number that decided */
    double low, high;           /* BRANCH: the probabilities between which it fell */
    int32_t chosen;             /* BRANCH: outcome; TEST: 1 if the result says something, 0 if the test failed; READING: the level that it shows */
} reference_news_t;

typedef void (*reference_observer_t)(void *context, const reference_news_t *news);

MUST_USE popgx_err_t reference_new(const model_t *model, reference_t **out);
void reference_free(reference_t *reference);

/**
 * Lives person `i` of the block under `strategy`; appends the records (runs of one) and sets trajectory->end[i]. `observer` may be NULL. Stops
 * when the trajectory is full.
 *
 * @retval POPGX_E_RANGE  a formula has no value, as in engine_run
 */
MUST_USE popgx_err_t reference_run(reference_t *reference, const cohort_view_t *people, size_t i, int32_t strategy,
                   trajectory_t *trajectory, uint64_t *n_fired, reference_observer_t observer, void *context);
#endif
