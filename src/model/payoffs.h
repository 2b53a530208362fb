/*
 * What is counted: outcomes, how they are discounted, lumps, flows and spells, and the groups of people whose results are kept apart.
 */
#ifndef POPGX_MODEL_PAYOFFS_H
#define POPGX_MODEL_PAYOFFS_H

#include "model/records.h"

/* Records are sent, hashed and compared as bytes: one with a hole in it does not compile. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

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

#pragma GCC diagnostic pop
#endif
