/*
 * One thread's block on its way to the journal: the people of the sample and their events, person by person, column by
 * column, then shuffled and deflated. Memory: one block's columns, reused.
 */
#ifndef POPGX_STORE_GATHER_H
#define POPGX_STORE_GATHER_H

#include "cohort/cohort.h"
#include "ledger/trajectory.h"
#include "store/columns.h"
#include "store/journal.h"

typedef struct gather gather_t; /* owner; one per thread */

/** `columns` and `model` are borrowed. */
MUST_USE popgx_err_t gather_new(const columns_t *columns, const model_t *model, gather_t **out);
void gather_free(gather_t *gather); /* NULL is allowed */

/** Adds some people of the block under one strategy; for each group of people, strategies come in order from 0. */
MUST_USE popgx_err_t gather_add(gather_t *gather, int32_t strategy, const cohort_view_t *people, const trajectory_t *trajectory);

/** The rows and streams of the block: fills those fields of `record`, valid until gather_empty. */
MUST_USE popgx_err_t gather_finish(gather_t *gather, journal_record_t *record);

/** Before the next block. */
void gather_empty(gather_t *gather);
#endif
