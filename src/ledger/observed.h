/*
 * What tests have shown, from a trajectory: replays results as the engine reads them. Payoffs never depend on it; subgroups may.
 */
#ifndef POPGX_LEDGER_OBSERVED_H
#define POPGX_LEDGER_OBSERVED_H

#include "cohort/cohort.h"
#include "ledger/trajectory.h"

typedef struct {
    const model_t *model;       /* borrowed */
    size_t capacity;
    uint8_t *last, *first;      /* [n_observations][capacity]: what is known at the end; what was the first to be known */
    int32_t *analyses;          /* [n_tests][capacity]: how many are done */
    uint8_t *state;             /* [n_processes][capacity]: as they are when a test is read; NULL if no reading depends on them */
} observed_t;

/** For blocks of at most `capacity` people. observed_release frees it, also after a failure. @retval POPGX_E_INPUT  a reading depends on a derived slot */
MUST_USE popgx_err_t observed_init(observed_t *observed, const model_t *model, size_t capacity);
void observed_release(observed_t *observed);

/** Fills `last` and `first` for a block under one strategy. */
void observed_replay(observed_t *observed, const cohort_view_t *people, const trajectory_t *trajectory);
#endif
