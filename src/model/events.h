/*
 * What can happen to people: hazards, clocks, moments, tests and the rules of strategies.
 */
#ifndef POPGX_MODEL_EVENTS_H
#define POPGX_MODEL_EVENTS_H

#include "model/records.h"

/* Records are sent, hashed and compared as bytes: one with a hole in it does not compile. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

/* ---- hazards ---- */

typedef enum {
    CURVE_NEVER,        /* hazard 0 */
    CURVE_EXPONENTIAL,  /* a: rate */
    CURVE_WEIBULL,      /* H(u) = (u / scale)^shape; a: shape, b: 1 / shape, c: log(scale) */
    CURVE_GOMPERTZ,     /* h(u) = rate e^(shape u); a: shape (not 0), b: rate / shape, c: shape / rate */
    CURVE_PIECEWISE,    /* constant rates between breakpoints; the last one is held for ever */
    CURVE_LOGLOGISTIC,  /* H(u) = log(1 + (u / scale)^shape); a: shape, b: 1 / shape, c: log(scale) */
    CURVE_TABULATED,    /* polynomials between knots; spec/tabulate.h makes them of any H */
} model_curve_kind_t;

/** A baseline hazard h(u) and its integral H(u) from 0; u in minutes on the clock's own time scale, >= 0. */
typedef struct {
    double a, b, c;
    double speed;               /* clocks that count exposure: how fast their time runs while they follow this curve, > 0 */
    int32_t kind;               /* model_curve_kind_t */
    int32_t pieces;             /* PIECEWISE, TABULATED: how many; reals[first..] holds their starts (the first is 0), then */
    int32_t first;              /* their rates or rows (TABULATED_ROW numbers each, kernels/survival.h), then H at their starts */
    int32_t unused;
} model_curve_t;

typedef enum {
    SCALE_SINCE_START,
    SCALE_AGE,
    SCALE_IN_STATE,
    SCALE_CALENDAR,             /* HAZARD only: time 0 is that of the calendar, which the number `calendar` counts from */
    SCALE_DATE,                 /* DELAY only: its formula is the minute itself; when that changes, it is aimed anew */
} model_scale_t;

typedef enum {
    CLOCK_TICK,      /* fires at the end of every cycle: each `minutes` after entry, `most` times; nothing stops it but death */
    CLOCK_HAZARD,    /* fires when the integrated hazard reaches a unit-exponential threshold */
    CLOCK_DELAY,     /* fires `minutes` after it was enabled; re-enabling restarts it */
    CLOCK_RESULT,    /* a test's result: armed by ordering the test */
    CLOCK_DATE,      /* fires once, `minutes` after entry: a strategy's `at 30 days` */
    CLOCK_REMINDER,  /* fires `minutes` after a rule of its strategy armed it last */
} model_clock_kind_t;

/**
 * Clocks are sorted by (priority, kind, name): when several fire in the same minute, the lower index goes first.
 * Every clock runs only while the person is alive.
 */
typedef struct {
    uint64_t purpose;           /* HAZARD: of the thresholds; the occurrence is how often it has fired */
    int32_t kind;               /* model_clock_kind_t */
    int32_t moment;             /* what fires */
    model_span_t enabled;       /* terms; HAZARD and DELAY: it runs while they hold (`from` and `while`) */
    int32_t scale;              /* HAZARD: model_scale_t; DELAY: SINCE_START, DATE, or IN_STATE: entering a state starts it anew */
    int32_t process;            /* slot of the process that owns the event (SCALE_IN_STATE: whose entry is time 0) */
    model_table_t curve;        /* HAZARD: row r is curves[first + r]; width 1 */
    model_span_t ratios;        /* ratios: tables in reals, width 1, multiplied together */
    int32_t minutes;            /* TICK, DELAY, DATE, REMINDER */
    int32_t most;               /* fires at most this often; MODEL_NEVER: no limit */
    int32_t test;               /* RESULT */
    int32_t strategy;           /* DATE, REMINDER: the strategy it belongs to; else MODEL_NONE */
    model_formula_t formula;    /* HAZARD: a ratio, multiplied last, without the minute; DELAY: instead of `minutes`, worked out when it starts */
    int32_t first;              /* DELAY: minutes when it starts, if not 0; `minutes` are then those after it has fired */
    int32_t counts_exposure;    /* HAZARD: when its curve changes, what its time has come to stays, and only its speed changes */
    int32_t unused;
} model_clock_t;

/* ---- moments ---- */

typedef enum {
    MOMENT_TIMED,      /* fired by a HAZARD or DELAY clock, or a transition: chosen by the branch of a MOMENT_CYCLE */
    MOMENT_IMMEDIATE,  /* follows another moment */
    MOMENT_ACTION,     /* a rule of a strategy that sets processes */
    MOMENT_ORDER,      /* a test is ordered */
    MOMENT_RESULT,     /* its result arrives */
    MOMENT_DATE,       /* a date of a strategy: never recorded, only triggers rules */
    MOMENT_CYCLE,      /* a cycle of a process ends: never recorded, its branch chooses a transition or to stay */
} model_moment_kind_t;

typedef struct {
    int32_t slot, level;
} model_effect_t;

/** What of time the rows of a branch may depend on, at the end of a cycle. */
typedef enum {
    TIME_CYCLE,        /* the number of the cycle, from 1 */
    TIME_AGE,          /* age in whole years when the cycle began */
    TIME_IN_STATE,     /* cycles that `process` has been in its state, the one that ends included; a part of one counts as one */
} model_time_kind_t;

/** Adds (its value - first, at least 0 and at most count - 1) * stride to the row: what lies beyond has the row of the end. */
typedef struct {
    int32_t kind;               /* model_time_kind_t */
    int32_t process;            /* IN_STATE: slot */
    int32_t first, count, stride;
} model_time_axis_t;

/** One uniform chooses one outcome: outcome k if u < cumulative probability k. */
typedef struct {
    uint64_t purpose;           /* the occurrence is how often the moment happened to this person before */
    model_table_t table;        /* reals; width = number of outcomes; rows are cumulative, the last is 1 */
    model_span_t times;         /* time_axes: of a MOMENT_CYCLE; they come before the axes of the table, so their strides are the largest */
    int32_t outcomes;           /* into indices: a moment, or MODEL_NONE for nothing, per outcome */
    model_formula_t formulas;   /* instead of the table's rows: the first of width - 1 programs, the probabilities of all outcomes but the last */
} model_branch_t;

/**
 * What happens, in this order: it is recorded; its effects, then its updates of registers; its branches (each outcome with all that
 * follows from it, depth first); then the rules of the strategy that it triggers. After a death
 * nothing more happens.
 */
typedef struct {
    model_name_t name;          /* qualified where needed: "infarction", "test: indication 1" */
    int32_t kind;               /* model_moment_kind_t */
    model_span_t effects;       /* effects */
    model_span_t updates;       /* updates */
    model_span_t branches;      /* branches */
    int32_t test;               /* ORDER, RESULT: which; else MODEL_NONE */
    int32_t strategy;           /* ACTION, DATE: which; else MODEL_NONE */
} model_moment_t;

/* ---- tests and strategies ---- */

/**
 * A result makes something known: usually what the test calls (a hidden attribute drawn with the person). Readings of a test are
 * carried out in order. The occurrence of a test's luck is how many analyses of it the person had before, repeats included.
 */
typedef struct {
    uint64_t purpose;           /* of `drawn` */
    model_table_t drawn;        /* reals, width = levels of what is observed, cumulative: the level is drawn anew; width 0: it is that of `called` */
    int32_t observation;        /* slot; becomes 1 + the level */
    int32_t called;             /* slot, or MODEL_NONE: the level is 0 */
    int32_t map;                /* into indices: `called` is an earlier reading's observation, and the level is map[its level - 1]; or MODEL_NONE */
    int32_t unused;
} model_reading_t;

/** How long results take, by a row of numbers. */
typedef enum {
    WAIT_FIXED,        /* a minutes */
    WAIT_UNIFORM,      /* a to b */
    WAIT_LOGNORMAL,    /* e to the power of normal(a, b) */
    WAIT_EXPONENTIAL,  /* mean a */
    WAIT_SHARES,       /* k cumulative probabilities, then k numbers of minutes */
} model_wait_kind_t;

typedef struct {
    uint64_t failure_purpose;
    uint64_t wait_purpose;
    double failure;             /* probability that an analysis says nothing: its result leaves the observations as they were; the largest of `failures` */
    model_table_t wait;         /* reals; width 0: every result takes `turnaround` */
    model_table_t failures;     /* reals, width 1, by attributes: instead of `failure`; width 0: it is that of all */
    model_name_t name;
    int32_t turnaround;         /* minutes from order to result; 0: the result is part of the same moment */
    int32_t wait_kind;          /* model_wait_kind_t; at least one minute */
    int32_t order, result;      /* moments */
    int32_t repeat;             /* moment: an analysis failed and is made again, before any result; or MODEL_NONE */
    int32_t repeats;            /* after how many repeats in a row a failure is a result */
    int32_t fails_alike;        /* one uniform decides all failures of a person */
    int32_t access;             /* attribute: for people of level 0 ordering does nothing; or MODEL_NONE */
    int32_t clock;              /* of the result; may be MODEL_NONE if turnaround is 0 */
    model_span_t readings;      /* readings */
} model_test_t;                 /* ordering a test whose result is pending does nothing and costs nothing */

typedef enum {
    RULE_ALWAYS,     /* carried out if its condition holds, and not part of a chain */
    RULE_WHEN,       /* carried out if its condition holds and no earlier RULE_WHEN of the list was carried out */
    RULE_OTHERWISE,  /* carried out if its condition (usually none) holds and no earlier RULE_WHEN of the list was */
} model_rule_kind_t;

typedef struct {
    uint64_t purpose;           /* of `chance`; the occurrence is how often the rule's moment happened before (0 at entry) */
    model_table_t chance;       /* reals, width 1: with this probability the condition counts as true if it holds; width 0: always */
    int32_t is_personal;        /* one uniform for all occasions */
    int32_t kind;               /* model_rule_kind_t */
    model_span_t condition;     /* terms, over the situation as it is when the rule's turn comes */
    int32_t moment;             /* the MOMENT_ACTION with its effects, or MODEL_NONE */
    model_span_t orders;        /* indices: tests, ordered after the effects */
    model_formula_t formula;    /* must be true too; 0: nothing more is asked */
    int32_t reminder;           /* 1 + index of the CLOCK_REMINDER that it arms, last of all, anew if it is armed; 0: none */
    int32_t unused;
} model_rule_t;

typedef struct {
    model_name_t name;
    model_span_t entry;         /* rules at entry */
    int32_t rules_of;           /* into rule_lists: one span of rules for each moment of the model */
    model_span_t clocks;        /* indices: the clocks that can run under this strategy, ascending */
} model_strategy_t;

#pragma GCC diagnostic pop
#endif
