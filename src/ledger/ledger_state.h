/*
 * Shared by ledger.c, discounts.c, posting.c, switches.c, stays.c, temporary.c, variations.c, profiles.c, floors.c and years.c: what a ledger knows of the block in hand.
 *
 * Matrices are one column of `capacity` people per cell, flow, process...; column c starts at c * capacity.
 */
#ifndef POPGX_LEDGER_LEDGER_STATE_H
#define POPGX_LEDGER_LEDGER_STATE_H

#include "core/exact.h"
#include "kernels/kernels.h"
#include "ledger/ledger.h"
#include "ledger/ledger_plan.h"
#include "model/registers.h"

enum {
    LEDGER_MAX_OPEN = 8,        /* temporary effects that one person can have at a time */
    LEDGER_TOTAL_BITS = 56,     /* totals of a person stay below 2^56 grid steps: no sum of a few cells can wrap */
};

/** A temporary effect that is not over yet. */
typedef struct {
    double rate;
    double from;                /* its discount's function at `start` */
    int32_t start, stop;        /* as far as is known */
    int32_t spell;              /* plan->spells */
    bool is_posted;             /* only a floor waits for its end */
} ledger_open_t;

/** Of an outcome with a floor: the rates that the factors of one profile multiply, added up exactly. */
typedef struct {
    int64_t sum, code;          /* of the rates before the factor, and of their codes */
    int64_t count;              /* how many are on */
} ledger_part_t;

/** What a floor knows of its outcome; columns [capacity]. Rates are summed on the grid of LEDGER_FLOOR_BITS. */
typedef struct {
    int64_t *sum, *code;        /* of all active rates, and of their codes */
    int64_t *held, *held_code;  /* the sums from minute `since` to minute `changed`: not yet looked at */
    ledger_part_t *part, *held_part; /* [n_parts][capacity]: the same of the rates with factors; the others are in the sums above */
    int32_t *since, *changed;
    int32_t *next;              /* no effect of this outcome expires earlier */
} ledger_watch_t;

struct ledger {
    const model_t *model;
    ledger_plan_t plan;
    size_t capacity;
    const kernels_t *kernels;

    const cohort_view_t *people;    /* the block in hand */
    const int32_t *end;
    int32_t told;                   /* the process whose changes of state are told as moves or found, or MODEL_NONE */
    bool is_found;                  /* they are found: the trajectory is silent */
    bool is_unfit;                  /* a stay did not fit its account */

    const uint8_t **level;          /* [n_slots]: columns of the block's attributes, `state`, NULL for observations, the registers' derived */
    registers_t registers;
    uint8_t *state;                 /* [n_processes][capacity] */
    int64_t *cell;                  /* [n_cells][capacity] */
    double *rate, *from;            /* [plan.n_flows][capacity]: rate now; its discount's function since it has this rate */
    int32_t *since;                 /* the same as a minute; NULL unless someone observes */
    int64_t *events, *events_squared; /* [n_moments] */
    uint32_t *count;                /* [n_moments][capacity]: occurrences; all 0 where not is_counted */
    bool *is_counted;               /* [n_moments] */

    int32_t *origin;                /* [plan.n_clocks][capacity]: minute at which a profile's time began, or MODEL_NEVER */
    double *gathered;               /* the same: the discount's function then */
    int32_t *drawn;                 /* [n_variations][capacity]: how many factors the person had */

    ledger_open_t *open;            /* [capacity][LEDGER_MAX_OPEN] */
    uint8_t *n_open;                /* [capacity] */
    ledger_watch_t *watches;        /* [plan.n_floors] */

    /* scratch of a run, by place in the run */
    double *factor;                 /* [plan.n_discounts][capacity]: discounts at the minutes of the run */
    double *number, *amount, *factor_at_stop, *luck;
    int32_t *row;
    int32_t *start, *stop;          /* with COMPACTION_ROOM */
    int32_t *everybody;             /* 0, 1, 2...: the run in which everybody is */
    int32_t *left;                  /* states of the told process before the run */

    const int64_t **cell_columns;   /* what a bill shows */
    const uint8_t **state_columns;

    ledger_observer_t observer;
    void *context;
    struct ledger_years *years;     /* NULL unless the model asks for years */
};

/* Whether somebody wants to know every post: then everything goes the general way. */
static inline bool ledger_is_watched(const ledger_t *l) { return l->observer || l->years; }

/* ---- years.c: what falls into which year ---- */

MUST_USE popgx_err_t ledger_years_new(const ledger_t *l, struct ledger_years **out);
void ledger_years_free(struct ledger_years *years);

/** Forgets everything. */
void ledger_years_begin(ledger_t *l);

/** A post that was made at minute `to` (then from == to) or flowed at one rate from `from` on: its parts, which add up to it exactly. */
void ledger_years_post(const ledger_t *l, const ledger_account_t *account, size_t person, int32_t from, int32_t to, int64_t amount);

const int64_t *const *ledger_years_columns(const ledger_t *l);

/* ---- discounts.c ---- */

/** D(minute[k]) of plan->discounts[discount] for person[k], n of them; `person` may be NULL where there is no profile, and at minute 0. */
void ledger_discount(const ledger_t *l, int32_t discount, size_t n, const int32_t *person, const int32_t *minute, double *factor);

/** The same for one, whoever it is: with a profile, at minute 0 only. */
double ledger_discount_at(const ledger_t *l, int32_t discount, int32_t minute);

/** The same without its profile. */
void ledger_discount_plain(const ledger_t *l, int32_t discount, size_t n, const int32_t *minute, double *factor);

/* ---- profiles.c: factors that change as time goes on ---- */

/** D(minute) of plan->discounts[discount], which has a profile: not earlier than the person's time began last. */
double ledger_profile_gathered(const ledger_t *l, int32_t discount, size_t person, int32_t minute);

/** The factor that holds from `minute` until `until` (MODEL_NEVER: for good); false: the person's time has not begun, and nothing flows. */
bool ledger_profile_at(const ledger_t *l, int32_t discount, size_t person, int32_t minute, double *factor, int32_t *until);

/** Nobody's time has begun, but that of people who enter in its states. */
void ledger_profiles_begin(ledger_t *l);

/** Begins the time of plan->discounts[discount] anew for those of a run to whom it applies, and posts what flowed so far. Before the effects of the run. */
MUST_USE popgx_err_t ledger_profile_renew(ledger_t *l, int32_t discount, size_t n, const int32_t *person, const int32_t *minute);

/* ---- posting.c ---- */

/**
 * Adds amount[k] to the account of person[k], no person twice. The only way money and health get into cells.
 *
 * @param from, to  the interval that an amount is for, told to the observer; `from` may be NULL if nobody observes
 */
MUST_USE popgx_err_t ledger_post_run(ledger_t *l, const ledger_account_t *account, size_t n, const int32_t *person,
                                     const double *amount, const int32_t *from, const int32_t *to);

/** The first of the people posted to whose amount or total did not fit is refused. `person` NULL: everybody. */
MUST_USE popgx_err_t ledger_check_fit(const ledger_t *l, const ledger_account_t *account, const kernel_fit_t *fit, size_t n,
                                      const int32_t *person, const double *amount, const int32_t *minute);

/** Posts plan->flows[flow] for everybody up to the end of their time, where its discount's function is at_end[person]. */
MUST_USE popgx_err_t ledger_post_flow(ledger_t *l, int32_t flow, const double *at_end);

/** `rate` of one person from minute t0, where its discount's function is `from`, to minute t1. */
MUST_USE popgx_err_t ledger_post_rate(ledger_t *l, const ledger_rate_t *how, size_t person, double rate, double from,
                                      int32_t t0, int32_t t1);

/* ---- variations.c ---- */

/** Multiplies number[k] of person[k] by a factor of variation 1 + index, which is drawn anew; 0 leaves them as they are. Uses l->amount. */
void ledger_vary(ledger_t *l, int32_t variation, size_t n, const int32_t *person, double *number);

/* ---- switches.c: flows of one constant rate ---- */

/** Whether the flow goes this way in the block in hand. */
bool ledger_is_switch(const ledger_t *l, int32_t flow);

/** At entry: on where rate[person] is not 0, since `start`, its discount's function at minute 0. */
void ledger_switch_open(ledger_t *l, int32_t flow, const double *rate, double start);

/** Turned on or off at minute 0, when nothing has flowed yet. */
void ledger_switch_begin(ledger_t *l, int32_t flow, bool is_on, size_t n, const int32_t *person);

/** Turned on or off for the people of a run. `now` is its discount's function at each minute. */
MUST_USE popgx_err_t ledger_switch_turn(ledger_t *l, int32_t flow, bool is_on, size_t n, const int32_t *person, const int32_t *minute,
                                        const double *now);

/** Posted for everybody up to the end of their time. */
MUST_USE popgx_err_t ledger_switch_close(ledger_t *l, int32_t flow, const double *at_end);

/* ---- stays.c: flows of the states of the process that is told, or found ---- */

/** Whether the flow is part of a stay in the block in hand. */
bool ledger_is_stay(const ledger_t *l, int32_t flow);

/** At minute 0 everybody's stays begin, in whatever state: nothing flows before minute 1. */
void ledger_stays_open(ledger_t *l);

/** These people go from one state of the told process to another, or die, at the minutes for which l->factor has the discounts. */
void ledger_stays_move(ledger_t *l, int32_t left, int32_t entered, int32_t n, const int32_t *person);

/** The same for all people of a run, from whatever states they were in: left[k] is that of person[k]. */
void ledger_stays_leave(ledger_t *l, const int32_t *left, int32_t entered, int32_t n, const int32_t *person);

/** Posts everybody's last stay, up to the minute for which l->factor has the discounts. */
void ledger_stays_close(ledger_t *l);

/* ---- temporary.c: effects whose end is not known when they begin, and those that a floor must see end ---- */

/** Tells the floor of plan->spells[spell], which is posted, of its rate from `minute` until it ends. */
MUST_USE popgx_err_t ledger_watch_spell(ledger_t *l, int32_t spell, size_t person, int32_t minute, double rate);

/** Starts plan->spells[spell] for a person at `minute`, where its discount's function is `from`. */
MUST_USE popgx_err_t ledger_open_spell(ledger_t *l, int32_t spell, size_t person, int32_t minute, double from, double rate);

/** Ends what `moment` ends. */
MUST_USE popgx_err_t ledger_end_spells(ledger_t *l, int32_t moment, size_t person, int32_t minute);

/** Ends what expires in the outcome of `floor` up to `minute`, in the order of time. */
MUST_USE popgx_err_t ledger_expire(ledger_t *l, int32_t floor, size_t person, int32_t minute);

/** Posts all that is still open, each until its own end. Floors are done before. */
MUST_USE popgx_err_t ledger_close_spells(ledger_t *l, size_t person);

/** When an effect of `minutes` from `minute` ends: at death (unless it is paid on) or at the horizon at the latest. */
static inline int32_t ledger_stop(const ledger_spell_t *spell, int32_t minute, int32_t end, int32_t horizon)
{
    int32_t limit = spell->is_paid_on ? horizon : end;
    return spell->minutes < limit - minute ? minute + spell->minutes : limit;
}

/* ---- floors.c ---- */

/** Forgets everything: the sums are 0, from minute 0. */
void ledger_floors_begin(ledger_t *l);

/**
 * One of a person's rates, before its profile's factor, goes from `from_rate` to `to_rate` (0: it is not on) at `minute`. Nothing that expires earlier may be pending.
 */
MUST_USE popgx_err_t ledger_floor_move(ledger_t *l, const ledger_rate_t *how, size_t person, int32_t minute, double from_rate, double to_rate);

/** The same, after what has expired was let go. */
MUST_USE popgx_err_t ledger_floor_change(ledger_t *l, const ledger_rate_t *how, size_t person, int32_t minute, double from_rate, double to_rate);

/** Posts what is to be posted up to `minute`, at which a factor begins anew. */
MUST_USE popgx_err_t ledger_floor_cut(ledger_t *l, int32_t floor, size_t person, int32_t minute);

/** Posts what is left to post, up to the end of everybody's time. */
MUST_USE popgx_err_t ledger_floors_end(ledger_t *l);
#endif
