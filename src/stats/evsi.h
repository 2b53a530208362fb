/*
 * What a study is worth: the expected value of sample information, the cost of a study, and how large it should be.
 *
 * The expected net benefits given the parameters that a study informs are known from a regression (conditional.h). Results of the study are drawn for
 * parameters from their law; each result weighs the draws of the parameters by how likely it is under them, which gives the expected net benefits after the study
 * (importance sampling: Menzies, Med Decis Making 2016; 36: 308-320), and so the value of choosing then.
 */
#ifndef POPGX_STATS_EVSI_H
#define POPGX_STATS_EVSI_H

#include "stats/conditional.h"

typedef enum {
    STUDY_BINOMIAL,             /* how many of n persons have an event with this probability */
    STUDY_POISSON,              /* how many events there are in n units of time, each with this rate */
    STUDY_NORMAL,               /* the mean of n values with this mean and a known SD */
    STUDY_LOGNORMAL,            /* the same of logarithms: what is seen is the logarithm of the parameter, with error SD / sqrt(n) */
} study_kind_t;

enum { STUDY_MOST_FACTORS = 4 };

/** One thing that a study measures in n persons of its own: a parameter, or a product of some (a risk and a ratio: the risk in the other arm). */
typedef struct {
    study_kind_t kind;
    size_t factors[STUDY_MOST_FACTORS]; /* columns of the parameters */
    size_t n_factors;
    double sd;                  /* NORMAL, LOGNORMAL */
} study_measure_t;

typedef struct {
    double value, se;           /* per person that the decision is about */
    double bias;                /* by fitting, taken off */
} evsi_t;

/**
 * @param given       net benefits given all parameters that the study informs
 * @param parameters  [n][n_parameters]: what was drawn
 * @param n_persons   of each measure
 * @retval POPGX_E_INPUT  a draw of a parameter cannot be what is measured: a probability above 1
 */
MUST_USE popgx_err_t evsi_find(const conditional_t *given, const double *parameters, size_t n_parameters, const study_measure_t *measures, size_t n_measures,
                               double n_persons, evsi_t *out);
#endif
