/*
 * Dense loops for curves that are looked up: a piece is found for each element by a binary search without branches, then its
 * arithmetic runs over the column. Includers have defined SIMD. Bit by bit what the functions of survival.h give one by one.
 */
#ifndef POPGX_KERNELS_LOCATED_H
#define POPGX_KERNELS_LOCATED_H

#include "kernels/kernels.h"
#include "kernels/survival.h"

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
#endif
