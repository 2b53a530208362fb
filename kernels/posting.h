/*
 * Loops of the ledger: what people's rates flowed, and lumps, are rounded to the grid of 2^-bits and added to their cells; and it is kept
 * since when a rate flows. No loop stops at what does not fit: kernel_fit_t says whether there was any. Includers have defined SIMD.
 */
#ifndef POPGX_KERNELS_POSTING_H
#define POPGX_KERNELS_POSTING_H

#include "kernels/elementary.h"
#include "kernels/kernels.h"
#include "kernels/located.h" /* FOR_EACH_PIECE */

/* Sums that cannot trap: what has become too wide is refused by whoever looks at the fit. */
static inline int64_t add_wrapping(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

/*
 * cell[person[j]] += step[j], for at most PIECE people; returns what of the totals is too wide. One by one: gathers wait for each other where
 * loads do not.
 */
static inline int64_t add_steps(int32_t m, const int32_t *restrict person, int64_t *restrict step, int64_t *restrict cell)
{
    int64_t wide = 0;

    for (int32_t j = 0; j < m; j++) {
        const int32_t i = person[j];
        step[j] = cell[i] = add_wrapping(cell[i], step[j]);
    }
    _Pragma("omp simd reduction(| : wide)") for (int32_t j = 0; j < m; j++) wide |= step[j] ^ (step[j] >> 63);
    return wide;
}

/* What a constant rate flowed; 0 where it is off. */
static inline double flowed_since(double rate, double scale, double from, double now)
{
    double flowed = rate * (scale * (from - now));
    return from >= 0 ? flowed : 0;
}

static void switch_off(int32_t n, const int32_t *restrict person, const double *restrict now, double rate, double scale, int32_t bits,
                       double *restrict from, double *restrict amount, int64_t *restrict cell, kernel_fit_t *fit)
{
    int64_t outside = 0, wide = 0;

    FOR_EACH_PIECE(n, at, m)
    {
        int64_t step[PIECE];
        double since[PIECE];
        for (int32_t j = 0; j < m; j++) {
            const int32_t i = person[at + j];
            since[j] = from[i];
            from[i] = -1;
        }
        _Pragma("omp simd reduction(| : outside)") for (int32_t j = 0; j < m; j++)
        {
            double flowed = flowed_since(rate, scale, since[j], now[at + j]);
            step[j] = grid_rounded(flowed, bits);
            outside |= !grid_fits(flowed, bits);
            amount[at + j] = flowed;
        }
        wide |= add_steps(m, person + at, step, cell);
    }
    *fit = (kernel_fit_t){outside, wide};
}

/* Data movement only: a vector of gathers and scatters is no faster than this. */
static void switch_on(int32_t n, const int32_t *restrict person, const double *restrict now, double *restrict from)
{
    for (int32_t j = 0; j < n; j++) {
        const int32_t i = person[j];
        from[i] = from[i] >= 0 ? from[i] : now[j];
    }
}

static void switch_post(int32_t n, const double *restrict from, const double *restrict now, double rate, double scale, int32_t bits,
                        double *restrict amount, int64_t *restrict cell, kernel_fit_t *fit)
{
    int64_t outside = 0, wide = 0;

    _Pragma("omp simd reduction(| : outside, wide)") for (int32_t i = 0; i < n; i++)
    {
        double flowed = flowed_since(rate, scale, from[i], now[i]);
        int64_t total = add_wrapping(cell[i], grid_rounded(flowed, bits));
        outside |= !grid_fits(flowed, bits);
        amount[i] = flowed;
        cell[i] = total;
        wide |= total ^ (total >> 63);
    }
    *fit = (kernel_fit_t){outside, wide};
}

/* Data movement only, too. */
static void take_since(int32_t n, const int32_t *restrict person, const double *restrict now, double *restrict from, double *restrict since)
{
    for (int32_t j = 0; j < n; j++) {
        const int32_t i = person[j];
        since[j] = from[i];
        from[i] = now[j];
    }
}

static void post_stay(int32_t n, const int32_t *restrict person, const double *restrict since, const double *restrict now, double rate,
                      double scale, int32_t bits, int64_t *restrict cell, kernel_fit_t *fit)
{
    int64_t outside = 0, wide = 0;

    FOR_EACH_PIECE(n, at, m)
    {
        int64_t step[PIECE];
        _Pragma("omp simd reduction(| : outside)") for (int32_t j = 0; j < m; j++)
        {
            double flowed = rate * (scale * (since[at + j] - now[at + j]));
            step[j] = grid_rounded(flowed, bits);
            outside |= !grid_fits(flowed, bits);
        }
        wide |= add_steps(m, person + at, step, cell);
    }
    *fit = (kernel_fit_t){outside, wide};
}

static void close_stays(int32_t n, const uint8_t *restrict level, const double *restrict rate, const double *restrict from,
                        const double *restrict now, double scale, int32_t bits, int64_t *restrict cell, kernel_fit_t *fit)
{
    int64_t outside = 0, wide = 0;

    _Pragma("omp simd reduction(| : outside, wide)") for (int32_t i = 0; i < n; i++)
    {
        double flowed = rate[level[i]] * (scale * (from[i] - now[i]));
        int64_t total = add_wrapping(cell[i], grid_rounded(flowed, bits));
        outside |= !grid_fits(flowed, bits);
        cell[i] = total;
        wide |= total ^ (total >> 63);
    }
    *fit = (kernel_fit_t){outside, wide};
}

static void post_lump(int32_t n, const int32_t *restrict person, double number, const double *restrict factor, int32_t bits,
                      double *restrict amount, int64_t *restrict cell, kernel_fit_t *fit)
{
    int64_t outside = 0, wide = 0;

    FOR_EACH_PIECE(n, at, m)
    {
        int64_t step[PIECE];
        _Pragma("omp simd reduction(| : outside)") for (int32_t j = 0; j < m; j++)
        {
            double lump = number * factor[at + j];
            step[j] = grid_rounded(lump, bits);
            outside |= !grid_fits(lump, bits);
            amount[at + j] = lump;
        }
        wide |= add_steps(m, person + at, step, cell);
    }
    *fit = (kernel_fit_t){outside, wide};
}

static void post(int32_t n, const int32_t *restrict person, const double *restrict amount, int32_t bits, int64_t *restrict cell,
                 kernel_fit_t *fit)
{
    int64_t outside = 0, wide = 0;

    FOR_EACH_PIECE(n, at, m)
    {
        int64_t step[PIECE];
        _Pragma("omp simd reduction(| : outside)") for (int32_t j = 0; j < m; j++)
        {
            step[j] = grid_rounded(amount[at + j], bits);
            outside |= !grid_fits(amount[at + j], bits);
        }
        wide |= add_steps(m, person + at, step, cell);
    }
    *fit = (kernel_fit_t){outside, wide};
}

static void post_flow(int32_t n, const double *restrict rate, const double *restrict from, const double *restrict now, double scale,
                      int32_t bits, double *restrict amount, int64_t *restrict cell, kernel_fit_t *fit)
{
    int64_t outside = 0, wide = 0;

    _Pragma("omp simd reduction(| : outside, wide)") for (int32_t i = 0; i < n; i++)
    {
        double flowed = rate[i] * (scale * (from[i] - now[i]));
        int64_t total = add_wrapping(cell[i], grid_rounded(flowed, bits));
        outside |= !grid_fits(flowed, bits);
        amount[i] = flowed;
        cell[i] = total;
        wide |= total ^ (total >> 63);
    }
    *fit = (kernel_fit_t){outside, wide};
}
#endif
