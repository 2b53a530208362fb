/*
 * Cost-effectiveness of several strategies: who is dominated, at which incremental ratio the others are worth it, net benefits; each with the
 * error of what it is made of.
 *
 * A decision problem is expected costs and QALYs, and the covariance matrix of their errors. Of a run these are Monte Carlo errors,
 * paired since strategies share people and luck; of a probabilistic analysis (mean over draws), those of so many draws.
 */
#ifndef POPGX_STATS_CEA_H
#define POPGX_STATS_CEA_H

#include <stdbool.h>

#include "stats/frontier.h"
#include "stats/psa.h"
#include "stats/results.h"

typedef struct {
    int32_t n;                  /* strategies */
    double *cost, *qaly;        /* [n] */
    double *cost_error;         /* [n][n]: covariances of the errors of costs, */
    double *qaly_error;         /* [n][n]: of QALYs, */
    double *cross_error;        /* [n][n]: of cost under the first and QALYs under the second strategy */
} cea_t;

/** Takes means and errors from a run; QALYs that differ by rounding alone (results_is_same) become equal. cea_release frees it, also after a failure. */
MUST_USE popgx_err_t cea_of_tally(const tally_t *tally, cea_t *out);
/** The same with what a perspective (of settings.perspectives, from 0) counts as costs. */
MUST_USE popgx_err_t cea_of_perspective(const tally_t *tally, int32_t perspective, cea_t *out);
/** The mean over draws. */
MUST_USE popgx_err_t cea_of_psa(const psa_t *psa, cea_t *out);
MUST_USE popgx_err_t cea_init(cea_t *cea, int32_t n);
void cea_release(cea_t *cea);

estimate_t cea_cost_difference(const cea_t *cea, int32_t s, int32_t t);
estimate_t cea_qaly_difference(const cea_t *cea, int32_t s, int32_t t);

/** threshold x QALYs - costs, less that under t unless t is MODEL_NONE. */
estimate_t cea_nmb(const cea_t *cea, int32_t s, int32_t t, double threshold);
/** QALYs - costs / threshold; threshold > 0. */
estimate_t cea_nhb(const cea_t *cea, int32_t s, int32_t t, double threshold);

/** The strategy with the highest net benefit; of equal ones the first. */
int32_t cea_best(const cea_t *cea, double threshold);

typedef enum {
    INTERVAL_NONE,      /* no ratio, or no error to speak of */
    INTERVAL_BOUNDED,   /* from low to high */
    INTERVAL_OUTSIDE,   /* below low or above high: the QALY difference may be 0 */
    INTERVAL_ALL,       /* nothing is excluded */
} interval_kind_t;

/**
 * cost / QALY difference with its 95 % confidence set (Fieller, J R Stat Soc B 1954; 16: 175-185): the ratios R at which
 * dcost - R dQALY is less than 1.96 standard errors from 0.
 */
typedef struct {
    double icer;                /* NaN: no QALY difference */
    double se;                  /* delta method */
    interval_kind_t kind;
    double low, high;
} icer_t;

icer_t cea_icer(const cea_t *cea, int32_t s, int32_t t);

/** What a comparison says in words; a ratio says something only in the last two. */
typedef enum { VERDICT_SAME, VERDICT_DOMINANT, VERDICT_DOMINATED, VERDICT_COSTS_MORE /* for more health */, VERDICT_SAVES /* for less */ } verdict_t;
verdict_t cea_verdict(const cea_t *cea, int32_t s, int32_t t);

/** As frontier_find. entries [n] */
void cea_frontier(const cea_t *cea, frontier_entry_t *entries);
#endif
