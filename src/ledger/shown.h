/*
 * What tests have shown, from a trajectory: replays results as the engine reads them. Payoffs never depend on it; subgroups may.
 */
#ifndef POPGX_LEDGER_SHOWN_H
#define POPGX_LEDGER_SHOWN_H

#include "cohort/cohort.h"
#include "ledger/trajectory.h"

typedef struct {
    const model_t *model;       /* borrowed */
    size_t capacity;
    uint8_t *last, *first;      /* [n_observations][capacity]: what is known at the end; what was the first to be known */
    int32_t *analyses;          /* [n_tests][capacity]: how many are done */
    uint8_t *state;             /* [n_processes][capacity]: as they are when a test is read; NULL if no reading depends on them */
} shown_t;

/** For blocks of at most `capacity` people. shown_release frees it, also after a failure. @retval POPGX_E_INPUT  a reading depends on a derived slot */
MUST_USE popgx_err_t shown_init(shown_t *shown, const model_t *model, size_t capacity);
void shown_release(shown_t *shown);

/** Fills `last` and `first` for a block under one strategy. */
void shown_replay(shown_t *shown, const cohort_view_t *people, const trajectory_t *trajectory);
#endif
