/*
 * The exact accumulators of a run: one flat array of integers, and a layout that says what each is.
 *
 * Everything that a run reports (and its checksum) derives from these integers, so threads and ranks
 * merge by plain addition, in any order, to the same bits.
 */
#ifndef POPGX_STATS_TALLY_H
#define POPGX_STATS_TALLY_H

#include "cohort/cohort.h"
#include "core/err.h"
#include "core/exact.h"
#include "kernels/kernels.h"
#include "ledger/ledger.h"
#include "model/model.h"
#include "stats/disclosure.h"

/**
 * Where each sum is in tally_t.sums. S strategies, C cells, O outcomes, M moments, Q levels of all reported slots.
 *
 * First moments are on the outcome's grid, products on its coarse grid squared (or, for pairs of outcomes, the product of
 * the two coarse grids). Where people are drawn in lots (model/lots.h) squares and products are those of the sums of lots.
 */
typedef struct {
    int32_t n_sums;
    int32_t people;             /* [1]: how many */
    int32_t cell;               /* [S][C]: sum of totals */
    int32_t cell_coarse;        /* [S][C]: sum of coarse totals: their variance needs the mean of the same numbers as their squares */
    int32_t cell_squared;       /* [S][C]: sum of squares of coarse totals */
    int32_t outcome;            /* [S][O]: sum of totals */
    int32_t outcome_coarse;     /* [S][O]: sum of coarse totals */
    int32_t product;            /* [S][S][O]: sum of x_s x_t of coarse totals, t <= s only (others stay 0) */
    int32_t cost_qaly;          /* [S][S]: sum of cost under s times qaly under t */
    int32_t events;             /* [S][M] */
    int32_t events_squared;     /* [S][M] */
    int32_t occupancy;          /* [S][Q]: people alive at the horizon (for the process life: alive or dead) in each state of a process */
    int32_t share;              /* [Q]: people by level of each attribute */
    int32_t perspective;        /* [perspectives][S][S]: sum of what a perspective counts as cost under s times qaly under t; from here on no checksum knows of it */
    int32_t occupancy_squared;  /* [S][Q]: squares of the sums of lots; only if people are drawn in lots: else a count is its own square */
    int32_t share_squared;      /* [Q]: likewise */
    int32_t n_own;              /* all of these. What follows is kept only if the model asks for it */
    int32_t n_groups;           /* of all groupings of the model together */
    int32_t groups;             /* [n_groups][n_own]: the same sums of the people of each group: see stats/subgroups.h */
    int32_t figure;             /* what is kept of every person besides: see stats/figures.h; MODEL_NONE: nothing, since these are a group's */
    int32_t spread;             /* distributions: see stats/spread.h; likewise */
} tally_layout_t;

tally_layout_t tally_layout(const model_t *model);

/** Offset of level 0 of `slot` within a [Q] array. Every slot of the model has its place, reported or not. */
int32_t tally_level_offset(const model_t *model, int32_t slot);

typedef struct {
    const model_t *model;       /* borrowed */
    const kernels_t *kernels;
    tally_layout_t layout;
    exact_sum_t *sums;          /* [layout.n_sums] */
    int32_t *coarse;            /* scratch: [S][O][capacity] totals of the block in hand */
    int64_t *total;             /* scratch: [capacity] totals of one outcome */
    int32_t *of_lots;           /* scratch: [capacity * n_moments]; NULL if people are drawn alone */
    size_t capacity;
    struct subgroups *subgroups; /* bills of the block in hand; NULL before the first block that has groups */
    struct figures *figures;    /* NULL unless the model asks for some */
    struct spread *spread;      /* likewise */
    bool *hidden;               /* [layout.n_sums]: must not be shown; NULL: everything may (conceal.h) */
    disclosure_t disclosure;    /* the rule by which */
} tally_t;

/** What is there for a report (REPORT_...): what the model asks for, but of groups nothing. */
static inline uint32_t tally_report_kinds(const tally_t *tally) { return tally->layout.figure == MODEL_NONE ? 0 : tally->model->settings.report.kinds; }

/** Makes an empty tally for blocks of at most `capacity` people (1 .. 2^16, so that a block's sums fit 64 bits). tally_release frees it, also after a failure. */
MUST_USE popgx_err_t tally_init(tally_t *tally, const model_t *model, size_t capacity);
void tally_release(tally_t *tally);

/**
 * Adds the bill of one strategy for the block in hand. Strategies come in ascending order; tally_close ends the block.
 *
 * @retval POPGX_E_RANGE  a person's total does not fit the coarse grid; the message says which and how to declare a larger one
 */
MUST_USE popgx_err_t tally_add(tally_t *tally, int32_t strategy, const cohort_view_t *people, const ledger_bill_t *bill);

/**
 * Takes what else the model asks for of one strategy, after tally_add: nothing unless it asks for subgroups or a report.
 *
 * @retval POPGX_E_NOMEM  there is no memory for it
 * @retval POPGX_E_RANGE  a year's amount does not fit its grid
 */
MUST_USE popgx_err_t tally_observe(tally_t *tally, int32_t strategy, const cohort_view_t *people, const trajectory_t *trajectory,
                                   const ledger_bill_t *bill);

/** Sum of x y of the n people of a block (at most 2^16), or of their lots, exact. */
exact_sum_t tally_product(const tally_t *tally, size_t n, const int32_t *x, const int32_t *y);

/** Adds what involves several strategies, and the people themselves. */
void tally_close(tally_t *tally, const cohort_view_t *people);

/** into += from; both of the same model. */
void tally_merge(tally_t *into, const tally_t *from);

/**
 * 32 hexadecimal digits and a NUL: of everything (slots that are not reported aside). Names, not positions, key the hash,
 * so the order in the file does not matter; sums of 0 are left out, so what never happens is as if it did not exist.
 */
void tally_checksum(const tally_t *tally, char text[33]);

/** The same of one strategy's outcomes and cells alone: unchanged by other strategies and by unrelated processes. */
void tally_strategy_checksum(const tally_t *tally, int32_t strategy, char text[33]);
#endif
