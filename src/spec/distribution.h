/*
 * Distributions of parameters: what is uncertain about a number, as the field writes it, and its inverse cdf.
 *
 * Used only while a model is compiled (rank 0), so special functions are GSL's. A draw is the quantile of a uniform number:
 * the same uniform gives the same rank in any distribution, and changing one parameter's distribution moves no other parameter.
 */
#ifndef POPGX_SPEC_DISTRIBUTION_H
#define POPGX_SPEC_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    UNCERTAIN_NORMAL,       /* a: mean, b: sd */
    UNCERTAIN_LOGNORMAL,    /* a: mean of the logarithm, b: its sd */
    UNCERTAIN_GAMMA,        /* a: shape, b: scale */
    UNCERTAIN_BETA,         /* a, b: shapes */
    UNCERTAIN_UNIFORM,      /* a: lowest, b: highest */
    UNCERTAIN_TRIANGULAR,   /* a: lowest, b: most likely, c: highest */
    UNCERTAIN_PERT,         /* the same; a beta whose mean is (a + 4 b + c) / 6 (Malcolm et al., Oper Res 1959; 7: 646-669) */
} uncertain_kind_t;

typedef struct {
    uncertain_kind_t kind;
    double a, b, c;
    double scale;           /* a value is this times what the kind gives */
    double low, high;       /* truncation of the value: the cdf is inverted between their images; infinite: none */
} uncertain_t;

/** Whether the numbers make a distribution; if not, `why` says what would be right. */
bool uncertain_check(const uncertain_t *d, const char **why);

/** Normal, lognormal, gamma, beta or uniform with this mean and standard deviation; false if there is none. */
bool uncertain_of_moments(uncertain_kind_t kind, double mean, double sd, uncertain_t *out);

/**
 * From an estimate and its 95 % interval, as Briggs, Claxton and Sculpher (Decision Modelling for Health Economic Evaluation,
 * 2006, ch. 4) do: the width over 2 x 1.96 is the standard error, of the logarithm for the lognormal (whose median is the
 * estimate), of the value otherwise (whose mean it is).
 */
bool uncertain_of_interval(uncertain_kind_t kind, double estimate, double low, double high, uncertain_t *out);

/** The value below which a share u, 0 < u < 1, lies. */
double uncertain_quantile(const uncertain_t *d, double u);
double uncertain_cdf(const uncertain_t *d, double value);

/** The standard normal's own, for correlations. */
double normal_quantile(double u);
double normal_cdf(double z);

/**
 * The lower triangle L of a symmetric matrix S = L L', [n][n], in place (what is above the diagonal becomes 0).
 *
 * @return false if S is not positive semi-definite
 */
bool matrix_root(double *matrix, size_t n);
#endif
