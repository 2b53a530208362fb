/*
 * The compiled model: immutable, flat, ready for the engine and the ledger.
 *
 * A model is a handful of settings and a set of arrays of plain records that refer to each other by
 * index, never by pointer, so that it can be sent to another rank, hashed and compared as it stands.
 * MODEL_ARRAYS lists the arrays once; building, sending, hashing and freeing all expand that list.
 *
 * Vocabulary
 *   slot      something about a person that takes one of at most 64 levels: an attribute (fixed at
 *             entry: sex, ancestry, true phenotype, group), a process (its state) or an observation
 *             (what tests have shown so far; level 0 is `unknown`)
 *   clock     something that fires at a time: a hazard, a fixed delay, a test's result, a date
 *   moment    something that happens and can be recorded: a timed event, an immediate event, a
 *             strategy's action, a test ordered, a test's result. Trajectories are made of moments
 *   effect    a process set to a state by a moment
 *   table     numbers looked up by the levels of some slots
 *   program   straight-line code that works a number out of a person's numbers, registers, levels and the time
 *   register  a number of a person that moments change: a dose, a count of an event, the minute of its last occurrence
 *   derived   a slot whose level is found from a program by cut points, anew whenever a moment changes what the program reads
 *   grouping  people sorted by who they are or what was found out about them, whose results are kept apart
 *   cell      one line of a result: an outcome (cost, qaly...) and a category or item within it
 *
 * Times are minutes: int32 when they are on record, double inside hazards. Rates are per minute.
 */
#ifndef POPGX_MODEL_MODEL_H
#define POPGX_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum {
    MODEL_MAX_LEVELS = 64,       /* levels of a slot: a set of levels is one 64-bit mask */
    MODEL_MAX_COMBINATIONS = 1 << 20, /* of levels that one clock can tell apart */
    MODEL_NONE = -1,             /* an index that refers to nothing */
    MODEL_MOST_GROUPS = 4096,    /* of one grouping */
    MODEL_MOST_GROUPINGS = 256,
    DISTRIBUTION_NODES = 4097,
    MODEL_NEVER = INT32_MAX,     /* a minute that does not come */
    LIFE_ALIVE = 0, LIFE_DEAD = 1, /* the levels of the process `life` */
    OBSERVED_UNKNOWN = 0,        /* level 0 of every observation; level 1 + l is level l of what is observed */
};

/* Records are sent, hashed and compared as bytes: one with a hole in it does not compile. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

/** `count` consecutive elements, from `first`, of the array named beside the field. */
typedef struct {
    int32_t first, count;
} model_span_t;

typedef int32_t model_name_t; /* offset into `text` of a NUL-terminated name */

/** Numbers by the levels of slots: row = sum over axes of level(slot) * stride; row r is `width` numbers from first + width * r. */
typedef struct {
    model_span_t axes;  /* axes; none: one row */
    int32_t first;      /* into the array that the user of the table names (reals unless it says otherwise) */
    int32_t width;      /* numbers in a row, >= 1 */
} model_table_t;

typedef struct {
    int32_t slot, stride;
} model_axis_t;

/** True of a person whose level of `slot` is in `levels` (bit l stands for level l). A condition is a span of terms, all true. */
typedef struct {
    uint64_t levels;
    int32_t slot;
    int32_t unused;     /* keeps the record free of padding, so that equal models have equal bytes */
} model_term_t;

typedef enum { SLOT_ATTRIBUTE, SLOT_PROCESS, SLOT_OBSERVATION, SLOT_DERIVED } model_slot_kind_t;

typedef struct {
    model_name_t name;          /* "ancestry", "coronary", "observed carrier" */
    int32_t kind;               /* model_slot_kind_t */
    model_span_t level_names;   /* name_list: n_levels names */
    int32_t initial;            /* processes: the state at entry; observations: OBSERVED_UNKNOWN */
    int32_t is_reported;        /* shown in results (occupancy, shares) and stored with people; helper slots are not */
} model_slot_t;

/** A numeric attribute, fixed at entry. */
typedef struct {
    model_name_t name;
    model_name_t unit;          /* of the numbers as the model file gives them, e.g. "years"; "" if none */
    double per_unit;            /* columns hold minutes if the unit is one of time (then this is minutes per unit), else 1 */
    int32_t is_hidden;          /* an interim result of drawing people: not stored, not shown */
    int32_t unused;
} model_number_t;

/* ---- programs ---- */

typedef int32_t model_formula_t; /* 1 + index of a program; 0: there is none */

/* What one step of a program does. CODE_ARITHMETIC + operation for those of kernels/arithmetic.h. */
typedef enum {
    CODE_CONSTANT,   /* the constant */
    CODE_NUMBER,     /* numeric attribute `index` */
    CODE_REGISTER,   /* register `index`, as it is now */
    CODE_TABLE,      /* tables[index], by the levels as they are now */
    CODE_MINUTE,     /* minutes since entry */
    CODE_STEPS,      /* a function of `to` in steps: reals[index..] holds n, a period, what a period adds, n cuts (ascending), n + 1 values; the value is
                        that of the number of cuts below; beyond the last cut, whole periods are taken off first, if there is one */
    CODE_ARITHMETIC,
} model_code_kind_t;

enum { PROGRAM_MOST_TEMPORARIES = 32, STEPS_HEAD = 3 };

/** One step: a value for temporary `to`; arithmetic takes its operands from `to`, `to` + 1, `to` + 2. */
typedef struct {
    double constant;
    int32_t kind;               /* model_code_kind_t, or CODE_ARITHMETIC + arithmetic_t */
    int32_t to;                 /* 0 .. PROGRAM_MOST_TEMPORARIES - 1 */
    int32_t index;              /* NUMBER, REGISTER, TABLE, STEPS; the exponent of a whole power */
    int32_t unused;
} model_code_t;

/** Its result is temporary 0 after the last step. Times are minutes, rates per minute. */
typedef struct {
    model_span_t code;
    model_name_t text;          /* as the model file writes it, for messages */
} model_program_t;

/** A number of a person that changes at moments, by updates. */
typedef struct {
    model_name_t name;
    model_formula_t start;      /* at entry: over attributes; 0: 0 */
} model_register_t;

/** `target` <- program, when a moment happens. Updates are carried out in order, each with what those before it left. */
typedef struct {
    int32_t target;             /* register */
    model_formula_t value;      /* over numbers, registers, the minute, and levels as the moment's effects leave them; no observations */
} model_update_t;

/** The level of `slot` is the number of cut points that are at most the program's value. */
typedef struct {
    int32_t slot;
    model_formula_t value;      /* neither the minute nor observations; of derived slots only earlier ones */
    model_span_t cuts;          /* reals, ascending */
} model_derived_t;

/* ---- people: how a person is drawn; one step per column, in this order ---- */

typedef enum {
    STEP_CATEGORY,   /* slot <- level drawn from a row of cumulative probabilities (table in reals, width = n_levels) */
    STEP_NUMBER,     /* number <- distribution with parameters (table in reals, width 4: a, b, low, high) */
    STEP_GENE,       /* diplotype of gene <- two alleles drawn from a row of cumulative frequencies (table in reals, width = n_alleles) each */
    STEP_DIPLOTYPE,  /* slot <- indices[first + diplotype]: true phenotypes, and what a panel calls */
    STEP_MAP,        /* slot <- indices[first + level of slot `from`]: groups, readings of attributes */
    STEP_BAND,       /* slot <- number of cut points (reals, table.first, table.width of them) that are <= number `from` */
    STEP_FORMULA,    /* number <- program over what earlier steps filled */
    STEP_ROW,        /* number <- 0, 1...: a row of a table, drawn from a row of cumulative probabilities (table in reals, its width) */
    STEP_CELL,       /* number <- reals[first + number `from`], a column of that table */
    STEP_CELL_LEVEL, /* slot <- indices[first + number `from`] */
    STEP_SECOND,     /* diplotype of gene <- its first allele, and a second one drawn anew from a row of its own (table in reals, width = n_alleles) */
} model_step_kind_t;

typedef enum {
    DISTRIBUTION_CONSTANT,   /* a */
    DISTRIBUTION_UNIFORM,    /* a to b */
    DISTRIBUTION_NORMAL,     /* mean a, sd b, truncated to [low, high] by inverting the cdf between their images */
    DISTRIBUTION_LOGNORMAL,  /* e to the power of normal(a, b), truncated likewise */
    DISTRIBUTION_QUANTILES,  /* any other: its quantiles, DISTRIBUTION_NODES to a row, at standard normal numbers from -7.5 to 7.5, linear between */
} model_distribution_t;

typedef struct {
    uint64_t purpose;           /* CATEGORY, NUMBER: of the uniform; GENE: of the first allele */
    uint64_t purpose2;          /* GENE, SECOND: of the second allele; GENE: 0 if a SECOND draws it */
    int32_t kind;               /* model_step_kind_t */
    int32_t to;                 /* slot, number or gene, as the kind says */
    int32_t from;               /* MAP: slot; BAND, CELL, CELL_LEVEL: number; DIPLOTYPE: gene; NUMBER by quantiles: number with the standard
                                   normal one, or MODEL_NONE: its own */
    int32_t distribution;       /* NUMBER: model_distribution_t */
    int32_t first;              /* DIPLOTYPE, MAP: into indices; GENE: how far behind the first allele's rows, in reals, the second's are (0: the same) */
    model_table_t table;        /* its axes are slots filled by earlier steps */
    model_formula_t formula;    /* FORMULA */
} model_step_t;

typedef struct {
    model_name_t name;
    model_span_t allele_names;  /* name_list */
    int32_t reference;          /* the allele a panel calls when it detects nothing (usually *1) */
} model_gene_t;                 /* a diplotype is allele 1 * n_alleles + allele 2; genes of which some carry one copy have an allele `-` for the other */

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

/* ---- payoffs ---- */

/** What the flows and spells that are on at an instant make together. A rate of 0 is not on. */
typedef enum {
    COMBINE_ADD,
    COMBINE_MULTIPLY,           /* rates are above 0; 0 if none is on */
    COMBINE_MINIMUM,            /* of at most MODEL_MOST_MINIMA different rates, none of them a formula; 0 if none is on */
} model_combine_t;

enum { MODEL_MOST_MINIMA = 12 };

/**
 * Part of how the value of something falls with time, where e^(-rate t) does not say it: from minute `from` until the next part of the course,
 * base + slope * u + factor * e^(-per_minute * u), u = minute - from. Of what falls due at once, and in models in cycles, this is the discount
 * factor; of what flows, its integral from minute 0.
 */
typedef struct {
    double base, slope, factor, per_minute;
    int32_t from;               /* ascending within a course; the first is 0 */
    int32_t unused;
} model_discount_t;

/** An outcome is a sum per person of integers on a grid: see core/exact.h. */
typedef struct {
    model_name_t name;          /* cost, qaly, life_years, life_years_undiscounted */
    model_name_t unit;
    double flow_discount;       /* continuous, per minute; 0: none */
    double lump_discount;
    model_span_t flow_course;   /* discounts: instead of the rate */
    model_span_t lump_course;
    double per_unit;            /* rates are amounts per minute times this: 1 for money, 1 / minutes per year for years */
    int32_t grid_bits;          /* amounts are rounded to 2^-grid_bits when posted */
    int32_t coarse_bits;        /* a person's total is rounded to 2^-coarse_bits, in int32, for second moments */
    double floor, cap;          /* of what all flows and spells make at any instant; -INFINITY, INFINITY: none */
    int32_t floor_cell;         /* receives what floor, cap and combination add to the sum, or MODEL_NONE */
    model_span_t cells;         /* cells */
    int32_t combine;            /* model_combine_t */
} model_outcome_t;

typedef struct {
    model_name_t name;          /* category or item */
    int32_t outcome;
} model_cell_t;

/**
 * How amounts vary from one occurrence to the next: a factor drawn anew each time. The occurrence of its luck is how many factors of this
 * record the person had before.
 */
typedef struct {
    uint64_t purpose;
    model_table_t table;        /* reals, width VARIATION_WIDTH: a row is the mean, then quantiles as those of DISTRIBUTION_QUANTILES */
} model_variation_t;

enum { VARIATION_WIDTH = 1 + DISTRIBUTION_NODES };

/** An amount posted when a moment happens. */
typedef struct {
    int32_t moment, cell;
    model_table_t amount;       /* reals, width 1 */
    model_formula_t formula;    /* instead of the table's number; no observations */
    int32_t variation;          /* 1 + index of what the amount is multiplied by; 0: nothing */
} model_lump_t;

/** Whose time a profile goes by. */
typedef enum {
    PROFILE_AGE,                /* age */
    PROFILE_EVENT,              /* the time since the last of some moments; 0 times the rate before the first */
    PROFILE_STATES,             /* the time since a process came into some of its states from another; 0 times the rate before it does */
} model_profile_kind_t;

/** A factor of rates that changes in steps: that of the last step whose time has come. */
typedef struct {
    uint64_t levels;            /* STATES */
    int32_t kind;               /* model_profile_kind_t */
    int32_t slot;               /* STATES: the process */
    model_span_t starts;        /* EVENT: indices: the moments */
    model_span_t cuts;          /* reals: when the steps begin, in minutes of that time, ascending; the first is 0 */
    model_table_t table;        /* reals, width cuts.count; by attributes */
} model_profile_t;

/** A rate while a condition holds: posted once per spell in which condition and rate stay the same. */
typedef struct {
    int32_t cell;
    model_span_t condition;     /* terms over attributes and processes; being alive is implied */
    model_table_t rate;         /* reals, width 1: amount per minute, before per_unit */
    model_formula_t formula;    /* instead of the table's number; neither the minute nor observations */
    int32_t profile;            /* 1 + index of what the rate is multiplied by; 0: nothing */
} model_flow_t;

typedef enum { REPEAT_STACK, REPEAT_REPLACE, REPEAT_EXTEND } model_repeat_t;

/** A rate that starts with a moment and lasts for a time. */
typedef struct {
    int32_t moment, cell;
    int32_t minutes;            /* MODEL_NEVER: for life */
    int32_t is_paid_on;         /* goes on after death (until the horizon) */
    int32_t repeats;            /* model_repeat_t: what a second one does while the first lasts */
    model_span_t until;         /* indices: moments that end it */
    model_table_t rate;         /* reals, width 1 */
    model_formula_t formula;    /* instead of the table's number; no observations */
    int32_t variation;          /* 1 + index of what the rate is multiplied by; 0: nothing */
} model_spell_t;

/* ---- subgroups: whose results are kept apart ---- */

typedef enum {
    GROUP_ATTRIBUTE,            /* level of an attribute */
    GROUP_BAND,                 /* a number at entry, by cut points: the number of those that are at most it */
    GROUP_STATE,                /* state of a process at the end (the dead: when they died), under the grouping's strategy */
    GROUP_FIRST_SHOWN,          /* what the first result that showed anything showed, under the grouping's strategy: level of an observation */
    GROUP_LAST_SHOWN,           /* what is known at the end */
} model_group_kind_t;

typedef struct {
    int32_t kind;               /* model_group_kind_t */
    int32_t index;              /* slot; BAND: number */
    model_span_t cuts;          /* BAND: reals, ascending, in the unit of the number's columns */
    model_span_t level_names;   /* name_list */
    int32_t stride;             /* group = sum over axes of level * stride; the last axis is the fastest */
} model_group_axis_t;

/** People sorted into groups, each of whom is in one, the same under all strategies. */
typedef struct {
    model_name_t name;          /* as it could be asked for: "sex x ancestry", "observed carrier x carrier under test" */
    model_span_t axes;          /* group_axes */
    int32_t n_groups;
    int32_t strategy;           /* under which states and observations are looked at; MODEL_NONE: the axes ask for none */
} model_grouping_t;

/* ---- the model ---- */

/**
 * Time in cycles. Flows and spells are not integrated over time but counted at the points of time 0, 1, 2... `count` cycles
 * after entry, the last of which lies within the horizon: a rate that holds at point t, after whatever happens in that minute, is
 * posted as rate * minutes * weight t * e^(-discount * t * minutes).
 */
typedef struct {
    int32_t minutes;            /* length of a cycle; 0: payoffs are integrated over time */
    int32_t count;
    int32_t weights;            /* into reals: count + 1 */
    int32_t unused;
} model_cycle_t;

enum { REPORT_MOST_TIMES = 125, REPORT_MOST_YEARS = 200 };

/** What a run can keep beside the sums that every run keeps (stats/figures.h, stats/spread.h). */
typedef enum {
    REPORT_CATEGORIES = 1,      /* errors of differences by category and item */
    REPORT_EVENTS = 2,          /* the same by event, and whom it ever happened to */
    REPORT_STATES = 4,          /* who is in which state at `time` */
    REPORT_YEARS = 8,           /* payoffs by year */
    REPORT_SPREAD = 16,         /* distributions between people, and who is better or worse off */
    REPORT_EVERYTHING = 31,
} model_report_kind_t;

typedef struct {
    uint32_t kinds;             /* set of model_report_kind_t */
    int32_t n_years;
    int32_t first_year;         /* calendar years: of the second; what is before it counts in the first, what is after the last but one in the last */
    int32_t is_by_calendar;     /* else years since each person's entry */
    int32_t n_times;
    int32_t time[REPORT_MOST_TIMES]; /* minutes, ascending, at most the horizon */
} model_report_t;

typedef struct {
    model_name_t title, source, currency;
    int32_t horizon;            /* minutes; half-open: what would happen at the horizon does not */
    int32_t life;               /* slot of the process `life` */
    int32_t n_attributes;       /* slots [0, n_attributes) are attributes, then n_processes, n_observations, n_derived */
    int32_t n_processes;
    int32_t n_observations;
    int32_t age;                /* number: age at entry, or MODEL_NONE */
    int32_t calendar;           /* number: date at entry, in minutes of its calendar, or MODEL_NONE */
    int32_t n_derived;
    int32_t lot_bits;           /* people are drawn in lots of 2^lot_bits (lots.h); 0: each alone */
    double minutes_per_year;
    int32_t cost, qaly;         /* outcomes that comparisons use */
    int32_t life_years, life_years_undiscounted;
    model_span_t thresholds;    /* reals: currency per QALY, for net monetary benefit */
    model_cycle_t cycle;
    double imported;            /* people of a file behind the simulated ones: sum of weights / largest weight; 0: none */
    model_report_t report;      /* empty unless somebody asks */
    model_span_t perspectives;  /* outcomes, one after the other: what a perspective counts as costs */
} model_settings_t;

#pragma GCC diagnostic pop

/* Of DISTRIBUTION_QUANTILES: nobody in 10^13 is farther out. */
#define DISTRIBUTION_FARTHEST 7.5

#define MODEL_ARRAYS(X)                       \
    X(char, text)                             \
    X(model_name_t, name_list)                \
    X(double, reals)                          \
    X(int32_t, indices)                       \
    X(model_axis_t, axes)                     \
    X(model_term_t, terms)                    \
    X(model_slot_t, slots)                    \
    X(model_number_t, numbers)                \
    X(model_table_t, tables)                  \
    X(model_code_t, code)                     \
    X(model_program_t, programs)              \
    X(model_register_t, registers)            \
    X(model_update_t, updates)                \
    X(model_derived_t, derived)               \
    X(model_gene_t, genes)                    \
    X(model_step_t, steps)                    \
    X(model_curve_t, curves)                  \
    X(model_table_t, ratios)                  \
    X(model_clock_t, clocks)                  \
    X(model_effect_t, effects)                \
    X(model_time_axis_t, time_axes)           \
    X(model_branch_t, branches)               \
    X(model_moment_t, moments)                \
    X(model_reading_t, readings)              \
    X(model_test_t, tests)                    \
    X(model_rule_t, rules)                    \
    X(model_span_t, rule_lists)               \
    X(model_strategy_t, strategies)           \
    X(model_discount_t, discounts)            \
    X(model_outcome_t, outcomes)              \
    X(model_cell_t, cells)                    \
    X(model_variation_t, variations)          \
    X(model_profile_t, profiles)              \
    X(model_lump_t, lumps)                    \
    X(model_flow_t, flows)                    \
    X(model_spell_t, spells)                  \
    X(model_group_axis_t, group_axes)         \
    X(model_grouping_t, groupings)

typedef struct model {
    model_settings_t settings;
#define X(type, name) type *name; int32_t n_##name;
    MODEL_ARRAYS(X)
#undef X
} model_t;

/** Frees the arrays of `model` and leaves it empty; an empty model is allowed. */
void model_release(model_t *model);

/**
 * The bytes of a model, for another rank or for a hash. Equal models have equal bytes.
 *
 * @param[out] bytes  the caller frees it
 */
MUST_USE popgx_err_t model_pack(const model_t *model, unsigned char **bytes, size_t *n_bytes);

/** The model that was packed into `bytes`. @retval POPGX_E_INPUT the bytes are not a model of this version. */
MUST_USE popgx_err_t model_unpack(const unsigned char *bytes, size_t n_bytes, model_t *model);

/** Whether every index is inside its array, every row of probabilities cumulative and every kind known. @retval POPGX_E_INPUT it is not: the message names the record */
MUST_USE popgx_err_t model_check(const model_t *model);

/** The same for a freshly compiled model, where a flaw is a mistake of the compiler: BUGs if there is one. */
void model_verify(const model_t *model);

static inline const char *model_text(const model_t *m, model_name_t name) { return m->text + name; }
static inline const char *model_level_name(const model_t *m, int32_t slot, int32_t level)
{
    return m->text + m->name_list[m->slots[slot].level_names.first + level];
}

/** Index of the strategy or slot with this name, or MODEL_NONE. */
int32_t model_find_strategy(const model_t *m, const char *name);
int32_t model_find_slot(const model_t *m, const char *name);

/** A course of discounting at one minute, with libm: while a model is compiled or worked out, never for a person. */
double model_discount_at(const model_t *m, model_span_t course, int32_t minute);

/** The discount factor of a model in cycles: e^(-per_minute t), or that of the course if there is one. With libm. */
double model_discount_factor(const model_t *m, double per_minute, model_span_t course, int32_t minute);

/** Marks the slots whose levels decide whether and how fast a hazard or delay clock runs. is_read [n_slots]; nothing is cleared. */
void model_mark_inputs(const model_t *m, const model_clock_t *clock, bool *is_read);

/* ---- looking things up for one person: levels[slot] holds the person's level of every slot ---- */

static inline int32_t model_row(const model_t *m, const model_table_t *table, const uint8_t *levels)
{
    int32_t row = 0;
    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &m->axes[table->axes.first + a];
        row += levels[axis->slot] * axis->stride;
    }
    return row;
}

/** The first number of the person's row. */
static inline int32_t model_row_first(const model_t *m, const model_table_t *table, const uint8_t *levels)
{
    return table->first + table->width * model_row(m, table, levels);
}

/** What a time axis adds to the row at the end of a cycle, at minute `now`; `age` at entry in minutes, `entered`: its process its state. */
static inline int32_t model_time_row(const model_t *m, const model_time_axis_t *axis, int32_t now, double age, int32_t entered)
{
    const int32_t minutes = m->settings.cycle.minutes;
    int32_t value;

    switch (axis->kind) {
    case TIME_AGE: value = (int32_t)((age + (now - minutes)) / m->settings.minutes_per_year); break;
    case TIME_IN_STATE: value = (now - entered + minutes - 1) / minutes; break;
    default: value = now / minutes;
    }
    value = value > axis->first ? value - axis->first : 0;
    return (value < axis->count ? value : axis->count - 1) * axis->stride;
}

/** Whether moments of this kind are on record in trajectories and results. */
static inline bool model_is_recorded(int32_t moment_kind) { return moment_kind != MOMENT_DATE && moment_kind != MOMENT_CYCLE; }

static inline bool model_holds(const model_t *m, model_span_t condition, const uint8_t *levels)
{
    for (int32_t i = 0; i < condition.count; i++) {
        const model_term_t *term = &m->terms[condition.first + i];
        if (!(term->levels >> levels[term->slot] & 1)) return false;
    }
    return true;
}
#endif
