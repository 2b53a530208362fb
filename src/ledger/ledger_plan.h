/*
 * What the ledger works out once per model, so that a run of records costs no search: which flows a moment
 * can change, what it posts, which spells it starts and ends, and what is known of people right after it.
 */
#ifndef POPGX_LEDGER_LEDGER_PLAN_H
#define POPGX_LEDGER_LEDGER_PLAN_H

#include "core/err.h"
#include "model/model.h"

enum { LEDGER_FLOOR_BITS = 40 }; /* rates of floored outcomes are summed exactly on this grid: a sum cannot drift */
enum { LEDGER_DISCOUNTS = 64 };  /* at most: a word of bits says which of them a minute needs */

/** A number looked up for each person of a run: 0 if a term does not hold, else the formula's value or reals[first + sum of level * stride]. */
typedef struct {
    model_span_t terms;         /* plan->terms */
    model_span_t axes;          /* plan->axes */
    int32_t first;
    model_formula_t formula;
    bool is_zero;               /* a term is known not to hold */
} ledger_lookup_t;

/** Where a post goes. */
typedef struct {
    int32_t cell, bits;         /* of the model; grid of its outcome */
    int32_t discount;           /* of what flows: plan->discounts; else MODEL_NONE */
    const char *why;
} ledger_account_t;

/**
 * A function of the minute: e^(-per_minute t); or t itself, for flows that are not discounted; or that of a course; or, for flows of a
 * model in cycles, the weights of the points of time before the minute, each discounted, added up.
 */
typedef struct {
    double per_minute;
    model_span_t course;        /* of the model */
    bool is_time;
    int32_t profile;            /* 1 + index of the model's: then it rises from 0 with what the person's factors make of the rest; 0: none */
    int32_t clock;              /* of a profile whose time begins anew: its column in the ledger; MODEL_NONE: it does not */
    double *before;             /* [cycle.count + 2]: of the points before number k; NULL if time is not in cycles */
} ledger_discount_t;

/** How a rate becomes an amount: from t0 to t1 it is rate * scale * (D(t0) - D(t1)), with D the discount's function (scale is negative if D rises). */
typedef struct {
    ledger_account_t account;
    double scale;
    int32_t discount;           /* plan->discounts */
    int32_t floor;              /* plan->floors: of its outcome, or MODEL_NONE */
    bool is_switch;             /* flows: a constant rate that every moment leaves, or surely turns on or off, for all alike */
    double rate;                /* of a switch while it is on */
    int32_t process;            /* flows: the slot of the one process that its rate depends on, or MODEL_NONE: then plan->stays has it, too */
} ledger_rate_t;

/**
 * Flows whose rate is that of the state of one process, for all alike: several that post to the same account, never two of them at
 * a time, are one. If all states differ, a stay in a state is what is posted; otherwise, the stays between changes of rate.
 */
typedef struct {
    ledger_account_t account;
    double scale;
    int32_t discount;
    int32_t process;            /* slot */
    double *rate;               /* by level of the process */
    int32_t since;              /* plan->flows: its column `from` says since when; stays that begin together share it */
    bool all_differ;            /* where there is a rate, every other state has another one, or it is another flow's */
} ledger_stay_t;

typedef struct {
    int32_t flow;               /* plan->flows */
    ledger_lookup_t rate;       /* what it is right after the moment */
} ledger_touch_t;

typedef struct {
    ledger_account_t account;
    int32_t discount;
    int32_t variation;          /* 1 + index of the model's; 0: none */
    ledger_lookup_t amount;
} ledger_lump_t;

typedef struct {
    ledger_rate_t how;
    ledger_lookup_t rate;
    int32_t minutes;
    int32_t variation;          /* 1 + index of the model's; 0: none */
    int32_t repeats;            /* model_repeat_t */
    bool is_paid_on;
    bool is_tracked;            /* its end may change after it began */
} ledger_spell_t;

/**
 * Of an outcome with a floor, a cap, or utilities that are not added up. Each rate has a code, an integer, such that the codes of the
 * rates that are on add up to what says how they combine: logarithms for products; for minima, counts of each value in five bits.
 */
typedef struct {
    ledger_rate_t how;          /* what it adds to the sum of the rates, as a rate */
    int64_t level, cap;         /* floor and cap, on the grid of LEDGER_FLOOR_BITS */
    int32_t combine;            /* model_combine_t */
    int32_t n_parts;            /* of the profiles of its flows */
    int32_t *part;              /* [n_parts]: plan->discounts, each with a profile */
    int32_t n_values;           /* MINIMUM: different rates, ascending */
    double value[MODEL_MOST_MINIMA];
} ledger_floor_t;

typedef struct {
    model_span_t effects;       /* model->effects */
    model_span_t touches, lumps, spells, renewals;
    uint64_t discounts;         /* bit d < LEDGER_DISCOUNTS: the run needs discount d at its minutes */
    bool ends_spells;
    bool happens_once;          /* at most, to each person */
} ledger_moment_t;

typedef struct {
    const model_t *model;       /* borrowed */
    int32_t n_flows, n_discounts, n_floors, n_touches, n_lumps, n_spells, n_terms, n_axes, n_stays, n_renewals, n_clocks;
    ledger_rate_t *flows;       /* flows that someone alive can have */
    ledger_discount_t *discounts;
    ledger_floor_t *floors;
    ledger_touch_t *touches;
    ledger_lump_t *lumps;       /* by moment */
    ledger_spell_t *spells;     /* by moment */
    int32_t *renewals;          /* by moment: discounts whose profile's time begins anew, of those who are not in its states */
    model_term_t *terms;
    model_axis_t *axes;
    ledger_stay_t *stays;       /* those with the same `since` one after the other */
    int32_t most_stays;         /* the process that has most of them, or MODEL_NONE */
    double *stay_rates;         /* [n_stays][MODEL_MAX_LEVELS] */
    ledger_moment_t *moments;   /* [n_moments] */
    model_span_t entry;         /* touches: every flow at minute 0, before the entry rules */
    bool *ends;                 /* [n_moments][n_spells]: the moment ends the spell */
    char **texts;               /* [n_flows]: why a flow is posted */
} ledger_plan_t;

/**
 * @param[out] plan  released by ledger_plan_release, also after a failure
 * @retval POPGX_E_RANGE  a rate is too large for the grid of a floor; the message names the payoff
 */
MUST_USE popgx_err_t ledger_plan_init(ledger_plan_t *plan, const model_t *model);
void ledger_plan_release(ledger_plan_t *plan);

/** A discount's function, `before` aside, for each of n minutes. (discounts.c) */
void ledger_discount_minutes(const model_t *m, const ledger_discount_t *discount, size_t n, const int32_t *minute, double *value);

/** False for a rate that an outcome with this floor cannot hold: too large, or with no place among those that are combined. */
bool ledger_floor_holds(const ledger_floor_t *floor, double rate);

/** Finds the stays (stays.c): the last step of ledger_plan_init. flow_of[n_flows of the model]: in the plan, or MODEL_NONE. */
MUST_USE popgx_err_t ledger_plan_stays(ledger_plan_t *plan, const int32_t *flow_of);
#endif
