/*
 * The arithmetic of one clock, in one place, so that every engine gives the same bits.
 *
 * A clock keeps a threshold E ~ Exp(1) and fires when its integrated hazard reaches it (modified
 * next-reaction method; Anderson, J. Chem. Phys. 127, 214107, 2007). When an input changes, what
 * was integrated so far is burned off the threshold and the clock is aimed anew with what remains.
 */
#ifndef POPGX_MODEL_HAZARD_H
#define POPGX_MODEL_HAZARD_H

#include "kernels/survival.h"
#include "model/model.h"

/* A remainder never falls below this: rounding to minutes can burn a little more than was left. */
#define HAZARD_LEAST_THRESHOLD 1e-12

/** H(u): the hazard of `curve` integrated from 0 to u >= 0 (minutes). */
static inline double hazard_integral(const model_t *m, const model_curve_t *curve, double u)
{
    const double *starts = m->reals + curve->first;
    int32_t n = curve->pieces;

    switch (curve->kind) {
    case CURVE_EXPONENTIAL: return exponential_integral(curve->a, u);
    case CURVE_WEIBULL: return weibull_integral(curve->a, curve->c, u);
    case CURVE_GOMPERTZ: return gompertz_integral(curve->a, curve->b, u);
    case CURVE_LOGLOGISTIC: return loglogistic_integral(curve->a, curve->c, u);
    case CURVE_PIECEWISE: return piecewise_integral(n, starts, starts + n, starts + 2 * n, u);
    case CURVE_TABULATED: return tabulated_integral(n, starts, starts + n, starts + (1 + TABULATED_ROW) * n, u);
    default: return 0;
    }
}

/** The u at which H(u) = target > 0; SURVIVAL_FAR or more if it is never reached. */
static inline double hazard_solve(const model_t *m, const model_curve_t *curve, double target)
{
    const double *starts = m->reals + curve->first;
    int32_t n = curve->pieces;

    switch (curve->kind) {
    case CURVE_EXPONENTIAL: return exponential_solve(curve->a, target);
    case CURVE_WEIBULL: return weibull_solve(curve->b, curve->c, target);
    case CURVE_GOMPERTZ: return gompertz_solve(curve->a, curve->c, target);
    case CURVE_LOGLOGISTIC: return loglogistic_solve(curve->b, curve->c, target);
    case CURVE_PIECEWISE: return piecewise_solve(n, starts, starts + n, starts + 2 * n, target);
    case CURVE_TABULATED: return tabulated_solve(n, starts, starts + n, starts + (1 + TABULATED_ROW) * n, target);
    default: return SURVIVAL_FAR;
    }
}

/**
 * Time 0 of a clock that counts exposure, when at minute t its time no longer runs `was` but `is` times as fast: what it has come to
 * is the same on both sides (cumulative exposure; Nelson 1980, IEEE Trans Reliab 29:103).
 */
static inline double hazard_exposed_origin(double origin, int32_t t, double was, double is)
{
    double moved = (double)t - ((double)t - origin) * (was / is);
    return was == is ? origin : moved;
}

/** What a hazard clock of one person knows about itself. */
typedef struct {
    double threshold;   /* what is left of the unit-exponential threshold */
    double ratio;       /* product of the hazard ratios now; 0 while the clock does not run */
    double origin;      /* time 0 of its scale, in minutes since start: 0, -age, or when the state was entered */
    double base, speed; /* counting exposure: the origin as if its time had never run faster or slower, and how fast it runs */
    double integral;    /* H at the minute it was last aimed */
    int32_t curve;      /* index of its baseline now */
    int32_t earliest;   /* first minute at which it may fire: one after it was last enabled or fired */
    int32_t due;        /* the minute it will fire, or MODEL_NEVER */
} hazard_clock_t;

/** The minute nearest to x, or MODEL_NEVER if that is beyond any time on record. x >= 0. */
static inline int32_t hazard_minute(double x) { return x < 2147480000.0 ? (int32_t)(x + 0.5) : MODEL_NEVER; }

/* Formulas: beyond these they say nothing that an engine can go on with. */
#define RATIO_MOST 1e100
#define PROBABILITY_SLACK 1e-9          /* sums of probabilities as decimals are written */
#define PROBABILITY_MOST (1 + PROBABILITY_SLACK)

/** How long a delay without a formula takes, at least a minute. */
static inline int32_t delay_minutes(const model_clock_t *clock, bool has_fired)
{
    int32_t minutes = clock->first > 0 && !has_fired ? clock->first : clock->minutes;
    return minutes > 1 ? minutes : 1;
}

/** `minutes` from now, at least one; MODEL_NEVER if that is beyond any time on record. */
static inline int32_t delay_minute(int32_t now, double minutes)
{
    return minutes > 1 ? hazard_minute(now + minutes) : now + 1;
}

/** Burns what was integrated between the last aim and minute t. Only for a clock that ran (ratio > 0). */
static inline void hazard_burn(const model_t *m, hazard_clock_t *clock, int32_t t)
{
    double integral = hazard_integral(m, &m->curves[clock->curve], (double)t - clock->origin);
    clock->threshold = most(fused(-clock->ratio, integral - clock->integral, clock->threshold), HAZARD_LEAST_THRESHOLD);
}

/** Aims a clock that runs (ratio > 0) from minute t with its threshold, curve, ratio, origin and earliest as set. */
static inline void hazard_aim(const model_t *m, hazard_clock_t *clock, int32_t t)
{
    const model_curve_t *curve = &m->curves[clock->curve];
    clock->integral = hazard_integral(m, curve, (double)t - clock->origin);
    int32_t due = hazard_minute(clock->origin + hazard_solve(m, curve, clock->integral + clock->threshold * (1 / clock->ratio)));
    int32_t first = clock->earliest > t ? clock->earliest : t;
    clock->due = due > first ? due : first;
}
#endif
