/*
 * Laws of times while a model is compiled: how the hazard of an event accumulates on its clock, H(u), u in minutes.
 *
 * A law is a family with parameters, or is made of other laws (a sum, the greater of two, with a cured share...). It is an
 * immutable node in an arena. When all is said, law_curve makes of it what the engine evaluates: the family's own arithmetic
 * where kernels/survival.h has it, otherwise a table that is as good. libm and GSL serve here and never per person.
 */
#ifndef POPGX_SPEC_LAW_H
#define POPGX_SPEC_LAW_H

#include <stdbool.h>

#include "core/memory.h"
#include "model/model.h"

/* Times beyond this are never on record; tables end here. */
#define LAW_FOREVER 2147483648.0

typedef enum {
    LAW_EXPONENTIAL,        /* H = a u */
    LAW_WEIBULL,            /* H = (u / b)^a */
    LAW_GOMPERTZ,           /* h = b e^(a u) */
    LAW_LOGLOGISTIC,        /* H = ln(1 + (u / b)^a) */
    LAW_LOGNORMAL,          /* ln T ~ normal(a, b) */
    LAW_GAMMA,              /* T ~ gamma(shape a, rate b) */
    LAW_GENGAMMA,           /* flexsurv's gengamma: mu a, sigma b, Q c (Prentice 1974, Biometrika 61:539) */
    LAW_GENGAMMA_ORIGINAL,  /* flexsurv's gengamma.orig: shape a, scale b, k c (Stacy 1962) */
    LAW_SPLINE,             /* Royston and Parmar 2002: `on` of the survival is a natural cubic spline of ln(u / c) */
    LAW_PIECEWISE,          /* constant rates from starts on */
    LAW_SCALED,             /* H = a H1 */
    LAW_ACCELERATED,        /* H(u) = H1(a u) */
    LAW_CURED,              /* a share a never has it: H = -ln(a + (1 - a) e^(-H1)) */
    LAW_SUM,                /* H = H1 + H2 */
    LAW_DIFFERENCE,         /* h = max(h1 - h2, 0) */
    LAW_GREATER,            /* h = max(h1, h2) */
    LAW_WANING,             /* h = h1 times a ratio that is a until b, then goes in a straight line to 1, which it is from c on */
    LAW_SHIFTED,            /* begins at a: H(u) = H1(a + u) - H1(a) */
    LAW_LATEST,             /* H1, but what has not happened by a happens then */
} law_kind_t;

typedef enum { SPLINE_HAZARD, SPLINE_ODDS, SPLINE_NORMAL } law_spline_t;

typedef struct law law_t;

struct law {
    law_kind_t kind;
    double a, b, c;
    const law_t *first, *second;
    law_spline_t on;
    int n;                      /* SPLINE: knots; PIECEWISE: pieces; integrals: nodes */
    const double *at;           /* SPLINE: log knots; PIECEWISE: starts; integrals: nodes, the first of each is 0 */
    const double *value;        /* SPLINE: gamma; PIECEWISE: rates */
    const double *sum;          /* PIECEWISE and integrals: H at `at` */
};

/* ---- making laws ---- */

/** A family with up to three parameters in minutes. */
const law_t *law_new(arena_t *arena, law_kind_t kind, double a, double b, double c);
/** gamma [n], log_knots [n], ascending, of times in units of `unit` minutes. Both are kept. */
const law_t *law_spline(arena_t *arena, law_spline_t on, int n, const double *gamma, const double *log_knots, double unit);
/** starts [n] (the first is 0) and rates [n] are copied. */
const law_t *law_piecewise(arena_t *arena, int n, const double *starts, const double *rates);

/** H times `ratio` >= 0; H of a time that runs `factor` > 0 times as fast. Families stay what they are where that is possible. */
const law_t *law_scaled(arena_t *arena, const law_t *law, double ratio);
const law_t *law_accelerated(arena_t *arena, const law_t *law, double factor);
const law_t *law_cured(arena_t *arena, const law_t *law, double share);
/** SUM, DIFFERENCE or GREATER of two laws on the same clock. */
const law_t *law_of_two(arena_t *arena, law_kind_t kind, const law_t *first, const law_t *second);
const law_t *law_waning(arena_t *arena, const law_t *law, double ratio, double from, double to);
const law_t *law_shifted(arena_t *arena, const law_t *law, double start);
const law_t *law_latest(arena_t *arena, const law_t *law, double end);

/* ---- asking ---- */

double law_cumulative(const law_t *law, double u);
double law_hazard(const law_t *law, double u);

/** The u at which S(u) = 1/2; INFINITY if it stays above. */
double law_median(const law_t *law);
/** The integral of S; INFINITY if it has none. */
double law_mean(const law_t *law);

/**
 * The curve that the engine evaluates, its numbers in the model's reals.
 *
 * @param[out] falls_at  where H falls, if it does: then it is no law, and false is returned (splines can do that)
 */
bool law_curve(arena_t *arena, const law_t *law, model_t *model, model_curve_t *curve, double *falls_at);
#endif
