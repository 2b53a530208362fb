/*
 * Value beyond the QALY: rules of agencies and weights, worked out from what a run keeps. Where a sum needs covariances that no run keeps, its error is given as the
 * most that it can be, the sum of its parts' errors.
 */
#ifndef POPGX_STATS_VALUE_H
#define POPGX_STATS_VALUE_H

#include "stats/cea.h"

/**
 * NICE's severity modifier: shortfall of the QALYs that people have under usual care against those of the general population, both
 * discounted as the model says, and the weight of a QALY gained: 1.2 from 0.85 or 12, 1.7 from 0.95 or 18, whichever is greater
 * (NICE health technology evaluations: the manual, PMG36, 2022, section 6.2.12 to 6.2.24).
 */
typedef struct {
    estimate_t absolute, proportional;
    double weight;
    bool is_sure;               /* no other weight within 1.96 standard errors */
} severity_t;

severity_t value_severity(estimate_t population, estimate_t usual);

/* The health of the general population that life years gained are valued at (ICER, Value Assessment Framework 2023, after Pickard et al. 2019). */
#define EVLYG_UTILITY 0.851

/**
 * Equal value of life years gained: QALYs gained, with added life years at EVLYG_UTILITY instead of what they are lived at under s; by year if the run
 * kept years of these people, else with the mean over all. `se` is the most that it can be.
 */
estimate_t value_evlyg(const tally_t *tally, int32_t s, int32_t t);

/** One criterion of a weighted sum: worth 0 at `worst` and 1 at `best`, linear between and beyond. */
typedef struct {
    int32_t outcome;
    double weight, worst, best;
} criterion_t;

/**
 * Weighted sum of partial values (multi-criteria decision analysis); of the difference between s and t unless t is MODEL_NONE. `se` is right for costs and
 * QALYs, whose covariance is kept; other outcomes add the most that theirs can.
 */
estimate_t value_of_criteria(const tally_t *tally, const criterion_t *criteria, size_t n, int32_t s, int32_t t);
#endif
