/*
 * What all parts of a model are made of (model.h has the vocabulary): spans and tables, slots and numbers of people, programs, registers.
 */
#ifndef POPGX_MODEL_RECORDS_H
#define POPGX_MODEL_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

#pragma GCC diagnostic pop
#endif
