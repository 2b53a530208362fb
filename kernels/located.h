/*
 * Dense loops for curves that are looked up: a piece is found for each element by a binary search without branches, then its
 * arithmetic runs over the column. Includers have defined SIMD. Bit by bit what the functions of survival.h give one by one.
 */
#ifndef POPGX_KERNELS_LOCATED_H
#define POPGX_KERNELS_LOCATED_H

#include "kernels/kernels.h"
#include "kernels/survival.h"

/* As in model.h, which the kernels do not know; the dispatcher's users pass model curves through. */
enum { NEVER_CURVE, EXPONENTIAL, WEIBULL, GOMPERTZ, PIECEWISE, LOGLOGISTIC, TABULATED };
enum { NEVER = INT32_MAX };
#define LEAST_THRESHOLD 1e-12

/*
 * What a kernel computes for people it keeps for a moment in dense pieces of this length, and then stores one by one: scatter
 * instructions were measured to be slower than that (docs/performance.md).
 */
enum { PIECE = 256 };

#define FOR_EACH_PIECE(n, at, m) \
    for (int32_t at = 0, m; at < (n) && ((m) = (n) - at < PIECE ? (n) - at : PIECE, true); at += PIECE)

/* The minute nearest to x >= 0, or NEVER if that is beyond any time on record. Clamped first: out of range is undefined. */
static inline int32_t minute_of(double x)
{
    int32_t minute = (int32_t)(least(x, 2147480000.0) + 0.5);
    return x < 2147480000.0 ? minute : NEVER;
}

/* piece_at for each of x[n]: every step of the search moves on by a power of two, or stays. */
static inline void locate(int32_t n, const double *restrict table, int32_t pieces, const double *restrict x, int64_t *restrict piece)
{
    const int64_t last = pieces - 1;
    int64_t step = 1;

    while (2 * step < pieces) step *= 2;
    for (int32_t j = 0; j < n; j++) piece[j] = 0;
    for (; step > 0; step /= 2) {
        SIMD for (int32_t j = 0; j < n; j++) {
            int64_t next = piece[j] + step, probe = next < last ? next : last;
            piece[j] = table[probe] <= x[j] ? probe : piece[j];
        }
    }
}

/* h[j] = H at u[j]; n at most the length of a piece of work. */
static inline void located_integrals(int32_t n, const kernel_curve_t *curve, bool is_tabulated, const double *restrict u, double *restrict h,
                                     int64_t *restrict piece)
{
    const double *restrict starts = curve->starts, *restrict rates = curve->rates, *restrict sums = curve->sums;

    locate(n, starts, curve->pieces, u, piece);
    if (is_tabulated) {
        SIMD for (int32_t j = 0; j < n; j++)
            h[j] = tabulated_value(rates, TABULATED_ROW * piece[j], u[j] - starts[piece[j]], sums[piece[j]]);
    } else {
        SIMD for (int32_t j = 0; j < n; j++) h[j] = fused(rates[piece[j]], u[j] - starts[piece[j]], sums[piece[j]]);
    }
}

/* u[j] where H reaches target[j]. */
static inline void located_solutions(int32_t n, const kernel_curve_t *curve, bool is_tabulated, const double *restrict target,
                                     double *restrict u, int64_t *restrict piece)
{
    const double *restrict starts = curve->starts, *restrict rates = curve->rates, *restrict sums = curve->sums;

    locate(n, sums, curve->pieces, target, piece);
    if (is_tabulated) {
        SIMD for (int32_t j = 0; j < n; j++)
            u[j] = tabulated_value(rates, TABULATED_ROW * piece[j] + TABULATED_DEGREE, target[j] - sums[piece[j]], starts[piece[j]]);
    } else {
        SIMD for (int32_t j = 0; j < n; j++) {
            double rate = rates[piece[j]], start = starts[piece[j]], after = (target[j] - sums[piece[j]]) / rate;
            u[j] = rate > 0 ? start + after : SURVIVAL_FAR;
        }
    }
}

/* ---- burning and aiming along such curves ---- */

static void burn_located(int32_t n, const kernel_curve_t *curve, const int32_t *restrict now, const double *restrict origin,
                         const double *restrict ratio, const double *restrict integral, double *restrict threshold)
{
    FOR_EACH_PIECE(n, at, m)
    {
        double u[PIECE], h[PIECE];
        int64_t piece[PIECE];
        SIMD for (int32_t j = 0; j < m; j++) u[j] = (double)now[at + j] - origin[at + j];
        located_integrals(m, curve, curve->kind == TABULATED, u, h, piece);
        SIMD for (int32_t j = 0; j < m; j++)
            threshold[at + j] = most(fused(-ratio[at + j], h[j] - integral[at + j], threshold[at + j]), LEAST_THRESHOLD);
    }
}

static void aim_located(int32_t n, const kernel_curve_t *curve, const int32_t *restrict now, const double *restrict origin,
                        const double *restrict ratio, const double *restrict threshold, const int32_t *restrict earliest,
                        double *restrict integral, int32_t *restrict due)
{
    FOR_EACH_PIECE(n, at, m)
    {
        double u[PIECE], target[PIECE];
        int64_t piece[PIECE];
        SIMD for (int32_t j = 0; j < m; j++) u[j] = (double)now[at + j] - origin[at + j];
        located_integrals(m, curve, curve->kind == TABULATED, u, integral + at, piece);
        SIMD for (int32_t j = 0; j < m; j++) target[j] = integral[at + j] + threshold[at + j] * (1 / ratio[at + j]);
        located_solutions(m, curve, curve->kind == TABULATED, target, u, piece);
        SIMD for (int32_t j = 0; j < m; j++) {
            int32_t minute = minute_of(origin[at + j] + u[j]), first = earliest[at + j] > now[at + j] ? earliest[at + j] : now[at + j];
            due[at + j] = minute > first ? minute : first;
        }
    }
}

static void aim_entered_located(int32_t n, const kernel_curve_t *curve, const int32_t *restrict entered, const double *restrict inverse,
                                const double *restrict integral, const double *restrict threshold, const int32_t *restrict first,
                                int32_t *restrict due)
{
    FOR_EACH_PIECE(n, at, m)
    {
        double u[PIECE], target[PIECE];
        int64_t piece[PIECE];
        SIMD for (int32_t j = 0; j < m; j++) target[j] = integral[at + j] + threshold[at + j] * inverse[at + j];
        located_solutions(m, curve, curve->kind == TABULATED, target, u, piece);
        SIMD for (int32_t j = 0; j < m; j++) {
            int32_t minute = minute_of((double)entered[at + j] + u[j]);
            due[at + j] = minute > first[at + j] ? minute : first[at + j];
        }
    }
}

static void integrate_located(int32_t n, const kernel_curve_t *curve, const int32_t *restrict entered, const int32_t *restrict now,
                              double *restrict integral)
{
    FOR_EACH_PIECE(n, at, m)
    {
        double u[PIECE];
        int64_t piece[PIECE];
        SIMD for (int32_t j = 0; j < m; j++) u[j] = (double)now[at + j] - (double)entered[at + j];
        located_integrals(m, curve, curve->kind == TABULATED, u, integral + at, piece);
    }
}
#endif
