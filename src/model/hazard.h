/*
 * The arithmetic of one clock, in one place, so that every engine gives the same bits.
 *
 * A clock keeps a threshold E ~ Exp(1) and fires when its integrated hazard reaches it (modified
 * next-reaction method; Anderson, J. Chem. Phys. 127, 214107, 2007). When an input changes, what
 * was integrated so far is burned off the threshold and the clock is aimed anew with what remains.
 */
#ifndef POPGX_MODEL_HAZARD_H
#define POPGX_MODEL_HAZARD_H

#include "kernels/elementary.h"
#include "model/model.h"

/* A remainder never falls below this: rounding to minutes can burn a little more than was left. */
#define HAZARD_LEAST_THRESHOLD 1e-12

/* Beyond any time on record: a clock aimed there does not fire. */
#define HAZARD_FAR 4e9

static inline int32_t hazard_piece_at(const double *starts, int32_t n, double x)
{
    int32_t low = 0, high = n - 1; /* the last piece whose start is <= x */
    while (low < high) {
        int32_t middle = (low + high + 1) / 2;
        if (starts[middle] <= x) low = middle;
        else high = middle - 1;
    }
    return low;
}

/** H(u): the hazard of `curve` integrated from 0 to u >= 0 (minutes). */
static inline double hazard_integral(const model_t *m, const model_curve_t *curve, double u)
{
    switch (curve->kind) {
    case CURVE_EXPONENTIAL: return curve->a * u;
    case CURVE_WEIBULL: return u > 0 ? exp_portable(curve->a * (log_portable(u) - curve->c)) : 0;
    case CURVE_GOMPERTZ: return curve->b * (exp_portable(curve->a * u) - 1.0);
    case CURVE_PIECEWISE: {
        const double *starts = m->reals + curve->first, *rates = starts + curve->pieces, *sums = rates + curve->pieces;
        int32_t k = hazard_piece_at(starts, curve->pieces, u);
        return fused(rates[k], u - starts[k], sums[k]);
    }
    default: return 0;
    }
}

/** The u at which H(u) = target > 0; HAZARD_FAR or more if it is never reached. */
static inline double hazard_solve(const model_t *m, const model_curve_t *curve, double target)
{
    switch (curve->kind) {
    case CURVE_EXPONENTIAL: return curve->a > 0 ? target / curve->a : HAZARD_FAR;
    case CURVE_WEIBULL: return exp_portable(fused(log_portable(target), curve->b, curve->c));
    case CURVE_GOMPERTZ: {
        double x = fused(target, curve->c, 1.0);   /* with a negative shape H is bounded: x <= 0 is never reached */
        return x > 0 ? log_portable(x) / curve->a : HAZARD_FAR;
    }
    case CURVE_PIECEWISE: {
        const double *starts = m->reals + curve->first, *rates = starts + curve->pieces, *sums = rates + curve->pieces;
        int32_t k = hazard_piece_at(sums, curve->pieces, target);
        return rates[k] > 0 ? starts[k] + (target - sums[k]) / rates[k] : HAZARD_FAR;
    }
    default: return HAZARD_FAR;
    }
}

/** What a hazard clock of one person knows about itself. */
typedef struct {
    double threshold;   /* what is left of the unit-exponential threshold */
    double ratio;       /* product of the hazard ratios now; 0 while the clock does not run */
    double origin;      /* time 0 of its scale, in minutes since start: 0, -age, or when the state was entered */
    double integral;    /* H at the minute it was last aimed */
    int32_t curve;      /* index of its baseline now */
    int32_t earliest;   /* first minute at which it may fire: one after it was last enabled or fired */
    int32_t due;        /* the minute it will fire, or MODEL_NEVER */
} hazard_clock_t;

/** The minute nearest to x, or MODEL_NEVER if that is beyond any time on record. x >= 0. */
static inline int32_t hazard_minute(double x) { return x < 2147480000.0 ? (int32_t)(x + 0.5) : MODEL_NEVER; }

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
    int32_t due = hazard_minute(clock->origin + hazard_solve(m, curve, clock->integral + clock->threshold / clock->ratio));
    int32_t first = clock->earliest > t ? clock->earliest : t;
    clock->due = due > first ? due : first;
}
#endif
