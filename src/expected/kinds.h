/*
 * Inside src/expected: kinds of people, each with its probability. A kind is a record of bytes: whoever has the same bytes behind
 * the probability has the same future.
 */
#ifndef POPGX_EXPECTED_KINDS_H
#define POPGX_EXPECTED_KINDS_H

#include <string.h>

#include "core/err.h"
#include "model/model.h"
#include "model/registers.h"

/** Where things are in a record, in bytes from its start; the probability, a double, comes first. */
typedef struct {
    const model_t *model;
    size_t number, value;       /* [n_numbers], [n_registers]: doubles */
    size_t due, entered;        /* [n_clocks] (of results; else 0), [n_processes] (where time in state matters; else 0): int32 */
    size_t origin;              /* [n_profiles]: int32, when its time began, or MODEL_NEVER; of age: 0 */
    size_t diplotype;           /* [n_genes]: uint16, while people are made */
    size_t level;               /* [n_slots] */
    size_t size;
} kind_layout_t;

/** A list of records. */
typedef struct {
    const kind_layout_t *layout;
    size_t n, capacity;
    unsigned char *records;
} kinds_t;

kind_layout_t kind_layout(const model_t *model);

static inline unsigned char *kind_at(const kinds_t *kinds, size_t i) { return kinds->records + i * kinds->layout->size; }
static inline double *kind_probability(unsigned char *kind) { return (double *)(void *)kind; }
static inline double *kind_numbers(const kind_layout_t *l, unsigned char *kind) { return (double *)(void *)(kind + l->number); }
static inline double *kind_values(const kind_layout_t *l, unsigned char *kind) { return (double *)(void *)(kind + l->value); }
static inline int32_t *kind_due(const kind_layout_t *l, unsigned char *kind) { return (int32_t *)(void *)(kind + l->due); }
static inline int32_t *kind_entered(const kind_layout_t *l, unsigned char *kind) { return (int32_t *)(void *)(kind + l->entered); }
static inline int32_t *kind_origins(const kind_layout_t *l, unsigned char *kind) { return (int32_t *)(void *)(kind + l->origin); }
static inline uint16_t *kind_diplotypes(const kind_layout_t *l, unsigned char *kind) { return (uint16_t *)(void *)(kind + l->diplotype); }
static inline uint8_t *kind_levels(const kind_layout_t *l, unsigned char *kind) { return kind + l->level; }

/** The probability of outcome k of a cumulative row. */
static inline double row_part(const double *row, int32_t k) { return row[k] - (k ? row[k - 1] : 0); }

static inline bool kind_is_alive(const kind_layout_t *l, unsigned char *kind)
{
    return kind_levels(l, kind)[l->model->settings.life] == LIFE_ALIVE;
}

/** An empty list; kinds_release frees it. Lack of memory aborts: there are at most a million records. */
kinds_t kinds_new(const kind_layout_t *layout);
void kinds_release(kinds_t *kinds);

/** Appends a copy of `kind` with its probability times p, unless that is 0; returns it (or NULL). It is valid until the next append. */
unsigned char *kinds_add(kinds_t *kinds, const unsigned char *kind, double p);

/** Moves all of `from` behind `to`. */
void kinds_join(kinds_t *to, kinds_t *from);

/** Moves those for whom is_meant [n] is true to `chosen`. */
void kinds_choose(kinds_t *kinds, const bool *is_meant, kinds_t *chosen);

/** Makes one of those that are alike. Their order, and so every sum, depends on nothing but what they are. */
void kinds_merge(kinds_t *kinds);

/* ---- one person at a time, for programs ---- */

/** Columns of one person that programs read. */
typedef struct {
    const kind_layout_t *layout;
    registers_t registers;
    const uint8_t **levels;     /* [n_slots] */
    const double **numbers;     /* [n_numbers] */
    uint8_t *level;             /* [n_slots] */
    double *number;             /* [n_numbers] */
} one_person_t;

MUST_USE popgx_err_t one_person_init(one_person_t *one, const kind_layout_t *layout);
void one_person_release(one_person_t *one);
void one_person_load(one_person_t *one, unsigned char *kind);
/** Levels of derived slots and values of registers, as they are now, into the record. */
void one_person_store(const one_person_t *one, unsigned char *kind);
/** Registers, derived slots and times of profiles as they are at entry, into the record. */
void one_person_begin(one_person_t *one, unsigned char *kind);
double one_person_formula(const one_person_t *one, model_formula_t formula, int32_t minute);

/* ---- times.c: when the times of profiles began ---- */

/** At entry. */
void kind_enter_times(const kind_layout_t *l, unsigned char *kind);

/** Those that begin anew at moment `index`, before its effects. */
void kind_begin_times(const kind_layout_t *l, unsigned char *kind, int32_t index, int32_t now);

/** Times that have passed the last step are all alike. */
void kind_forget_times(const kind_layout_t *l, unsigned char *kind, int32_t now);

/** By what the flow is multiplied now; false: its time has not begun, and it is not on. */
bool kind_factor(const kind_layout_t *l, unsigned char *kind, const model_flow_t *flow, int32_t now, double *factor);

/* ---- people.c ---- */

/** Who matters: what of a person the model reads after entry. Marks [n_slots] and [n_numbers]. */
void people_mark_needed(const model_t *m, bool *slots, bool *numbers);

/** Everybody at entry, by what is needed of them. @retval POPGX_E_INPUT a number that is needed has a distribution */
MUST_USE popgx_err_t people_make(const model_t *m, const bool *slots, const bool *numbers, one_person_t *one, kinds_t *out);
#endif
