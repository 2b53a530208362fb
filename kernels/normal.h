/*
 * The standard normal distribution with the same bits everywhere: only correctly rounded operations and the
 * functions of kernels/elementary.h.
 */
#ifndef POPGX_KERNELS_NORMAL_H
#define POPGX_KERNELS_NORMAL_H

#include <stdbool.h>

#include "kernels/elementary.h"

/* Wichura 1988, algorithm AS 241 (PPND16), Applied Statistics 37:477-484: numerators and denominators, constant term first. */
static const double NORMAL_CENTRE[2][8] = {
    {3.3871328727963666080, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
     4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3},
    {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
     2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3}};
static const double NORMAL_TAIL[2][8] = {
    {1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
     1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}};
static const double NORMAL_FAR[2][8] = {
    {6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}};

/**
 * The z with P(Z < z) = p, for p in (0, 1); relative error about 1e-15. The region selects coefficients, not a branch,
 * so that a loop of it vectorises.
 */
static inline double normal_quantile(double p)
{
    double q = p - 0.5, r = __builtin_sqrt(-log_portable(least(p, 1.0 - p)));
    bool is_central = q >= -0.425 && q <= 0.425, is_far = r > 5.0;
    double x = is_central ? fused(-q, q, 0.180625) : is_far ? r - 5.0 : r - 1.6;

#define NORMAL_COEFFICIENT(part, k) (is_central ? NORMAL_CENTRE[part][k] : is_far ? NORMAL_FAR[part][k] : NORMAL_TAIL[part][k])
    double above = NORMAL_COEFFICIENT(0, 7), below = NORMAL_COEFFICIENT(1, 7);
#define NORMAL_STEP(k)                                      \
    above = fused(above, x, NORMAL_COEFFICIENT(0, k));      \
    below = fused(below, x, NORMAL_COEFFICIENT(1, k));
    NORMAL_STEP(6)
    NORMAL_STEP(5)
    NORMAL_STEP(4)
    NORMAL_STEP(3)
    NORMAL_STEP(2)
    NORMAL_STEP(1)
    NORMAL_STEP(0)
#undef NORMAL_STEP
#undef NORMAL_COEFFICIENT
    double z = above / below;
    return is_central ? q * z : q < 0 ? -z : z;
}

/**
 * P(Z < z), with small relative error in the lower tail too; 0 below -37. Not for hot loops.
 *
 * Near the centre by the series of Abramowitz and Stegun 26.2.11, in the tails by the continued fraction 26.2.14.
 */
static inline double normal_cdf(double z)
{
    double x = z < 0 ? -z : z;
    if (x > 37.0) return z < 0 ? 0.0 : 1.0;
    double density = 0.398942280401432677940 * exp_portable(-0.5 * x * x);

    if (x < 3.0) {
        double term = x, sum = x;
        for (int k = 3; k < 120; k += 2) {
            term *= x * x / k;
            sum += term;
        }
        return z < 0 ? fused(-density, sum, 0.5) : fused(density, sum, 0.5);
    }
    double fraction = x;
    for (int k = 100; k > 0; k--) fraction = x + k / fraction;
    double upper = density / fraction;
    return z < 0 ? upper : 1.0 - upper;
}
#endif
