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
#include "model/events.h"
#include "model/payoffs.h"
#include "model/people.h"
#include "model/records.h"

/* Records are sent, hashed and compared as bytes: one with a hole in it does not compile. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

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

static inline const char *model_strategy_name(const model_t *m, int32_t strategy) { return model_text(m, m->strategies[strategy].name); }

/** Index of the strategy, slot or level of a slot with this name, or MODEL_NONE. */
int32_t model_find_strategy(const model_t *m, const char *name);
int32_t model_find_slot(const model_t *m, const char *name);
int32_t model_find_level(const model_t *m, int32_t slot, const char *name);

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
