/*
 * Elementary functions whose bits are the same on every processor, compiler and instruction set.
 *
 * libm's are not (they differ between processors with and without FMA), so nothing that is
 * evaluated per person may use libm. Every multiply-add here is an explicit fma and the whole
 * project is compiled with -ffp-contract=off, so there is only one way to round each line.
 * All functions are branch-free: a loop that calls them vectorises.
 */
#ifndef POPGX_KERNELS_ELEMENTARY_H
#define POPGX_KERNELS_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

static inline uint64_t bits_of(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline double double_of(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); } /* a * b + c, rounded once */

static inline double least(double a, double b) { return a < b ? a : b; }
static inline double most(double a, double b) { return a > b ? a : b; }

/* Natural logarithm; x normal and > 0 (smaller or negative x give no trap but no meaning). Relative
 * error below 4e-14. Splits x = 2^e * m with m in [sqrt(1/2), sqrt(2)) and sums the series of
 * atanh((m - 1) / (m + 1)), in which m - 1 is exact, so the result keeps its accuracy near x = 1. */
static inline double log_portable(double x)
{
    const uint64_t sqrt_half = 0x3fe6a09e667f3bcdull, one = 1023ull << 52;
    uint64_t b = bits_of(x);
    uint64_t k = (b - sqrt_half + one) >> 52;                /* e + 1023 */
    double m = double_of(b - (k << 52) + one);
    double e = double_of(k | 0x4330000000000000ull)          /* 2^52 + k: needs no integer conversion */
               - (4503599627370496.0 + 1023.0);
    double f = m - 1.0, s = f / (2.0 + f), z = s * s, p = 1.0 / 15;

    p = fused(p, z, 1.0 / 13);
    p = fused(p, z, 1.0 / 11);
    p = fused(p, z, 1.0 / 9);
    p = fused(p, z, 1.0 / 7);
    p = fused(p, z, 1.0 / 5);
    p = fused(p, z, 1.0 / 3);
    double t = fused(s * z, p, s);
    return fused(e, 0.693147180559945309417, 2.0 * t);
}

/* e^x for any x; x is clamped to [-700, 700], so the result is always finite and > 0. Relative error
 * below 4e-16 on the reduced argument (Taylor to degree 12 on |r| <= ln(2) / 2). */
static inline double exp_portable(double x)
{
    const double shift = 6755399441055744.0;                 /* 1.5 * 2^52: rounds to an integer */

    x = most(least(x, 700.0), -700.0);
    double n = fused(x, 1.44269504088896340736, shift);
    uint64_t n_bits = bits_of(n);
    n -= shift;
    double r = fused(n, -6.93147180369123816490e-01, x);     /* ln 2 in two parts (Cody and Waite) */
    r = fused(n, -1.90821492927058770002e-10, r);
    double p = 1.0 / 479001600;
    p = fused(p, r, 1.0 / 39916800);
    p = fused(p, r, 1.0 / 3628800);
    p = fused(p, r, 1.0 / 362880);
    p = fused(p, r, 1.0 / 40320);
    p = fused(p, r, 1.0 / 5040);
    p = fused(p, r, 1.0 / 720);
    p = fused(p, r, 1.0 / 120);
    p = fused(p, r, 1.0 / 24);
    p = fused(p, r, 1.0 / 6);
    p = fused(p, r, 0.5);
    p = fused(p, r, 1.0);
    p = fused(p, r, 1.0);
    return double_of(bits_of(p) + (n_bits << 52));
}

/* log(1 + x), x > -1, accurate also where x is small (the rounding of 1 + x is divided out; Goldberg 1991, ACM Comput Surv 23, theorem 4). */
static inline double log1p_portable(double x)
{
    double w = 1.0 + x, z = w - 1.0;
    double scaled = x * (log_portable(w) / (z != 0 ? z : 1.0));
    return z != 0 ? scaled : x;
}

/* e^x - 1, accurate also where x is small, by the same device; x is clamped as exp_portable does. */
static inline double expm1_portable(double x)
{
    double w = exp_portable(x), z = w - 1.0, l = log_portable(w);
    double scaled = z * (x / (l != 0 ? l : 1.0));
    double large = x > 1.0 ? z : scaled;
    return z != 0 ? large : x;
}

/* What an amount at minute t is worth at entry, at a continuous discount per minute. */
static inline double discount_factor(double per_minute, int32_t t) { return exp_portable(-per_minute * (double)t); }

/* x / 2^shift, rounded half away from zero; shift in [0, 62]. */
static inline int64_t shift_rounded(int64_t x, int32_t shift)
{
    int64_t sign = x >> 63, half = (int64_t)(((uint64_t)1 << shift) >> 1);
    int64_t magnitude = (int64_t)((((uint64_t)(x ^ sign) - (uint64_t)sign) + (uint64_t)half) >> shift);
    return (magnitude ^ sign) - sign;
}

/* x on the grid of 2^-bits, to nearest, ties to even, as a number of steps; exact below 2^51 steps (1.5 * 2^52 is added and taken away). */
static inline int64_t grid_rounded(double x, int32_t bits)
{
    const double shift = 6755399441055744.0;
    double scaled = x * double_of((uint64_t)(1023 + bits) << 52);
    return (int64_t)(bits_of(scaled + shift) - bits_of(shift));
}

/* Steps beyond this are refused. */
#define GRID_LIMIT 0x1p50

/* False for NaN, infinities and amounts too large for the grid. */
static inline int grid_fits(double x, int32_t bits)
{
    double scaled = x * double_of((uint64_t)(1023 + bits) << 52);
    return (scaled < GRID_LIMIT) & (scaled > -GRID_LIMIT);
}
#endif
