/*
 * Distributional cost-effectiveness: who gains and who loses health, what a strategy costs others included, and what that does to inequality
 * (Asaria, Griffin and Cookson, Med Decis Making 2016; 36: 8-19).
 *
 * Of group g with the share w_g of people: H_g is its health without the change, per person; E_g what the strategy adds; D the health that its costs displace, per
 * person of everybody: cost difference / threshold, of which the group loses the share d_g; so its health becomes h_g = H_g + E_g - d_g D / w_g. With m the mean
 *   Atkinson:  equally distributed equivalent (sum w h^(1 - e))^(1 / (1 - e)), e^(sum w log h) at e = 1; index 1 - equivalent / m
 *   Kolm:      equivalent -log(sum w e^(-a h)) / a; index m - equivalent
 * A change of the equivalent is the net benefit in health with its distribution taken account of; that of the mean is its efficiency part, and the rest is what
 * is gained by less inequality.
 *
 * Standard errors are those of the simulated means, by the delta method, shares taken as they are.
 */
#ifndef POPGX_STATS_EQUITY_H
#define POPGX_STATS_EQUITY_H

#include "stats/results.h"

typedef struct {
    double share;               /* w */
    double baseline;            /* H */
    bool is_given;              /* H was, else it is the simulated QALYs under the reference, which vary */
    double displaced;           /* d, sums to 1 */
    double weight;              /* for the weighted mean; 1: a QALY is a QALY */
    tally_t tally;              /* borrowed view */
} equity_group_t;

typedef struct {
    int32_t n;                  /* groups, with people in each */
    const equity_group_t *groups;
    int32_t reference;          /* strategy */
    double threshold;           /* money per QALY that others lose; > 0 */
    double atkinson, kolm;      /* aversion: e >= 0; a > 0, per QALY */
} equity_problem_t;

/** Of one group under one strategy, per person of the group. */
typedef struct {
    estimate_t effect, displaced, net, after;
} equity_health_t;

equity_health_t equity_health(const equity_problem_t *problem, int32_t strategy, int32_t group);

typedef enum { EQUITY_MEAN, EQUITY_WEIGHTED, EQUITY_ATKINSON, EQUITY_KOLM } equity_measure_t;

/** Mean, weighted mean or equivalent of the health after the strategy (the reference: before any change). */
double equity_level(const equity_problem_t *problem, equity_measure_t measure, int32_t strategy);
/** What the strategy changes it by. */
estimate_t equity_change(const equity_problem_t *problem, equity_measure_t measure, int32_t strategy);
/** The change of the equivalent less that of the mean: health worth what less inequality is worth. */
estimate_t equity_inequality(const equity_problem_t *problem, equity_measure_t measure, int32_t strategy);
#endif
