/*
 * Exact sums: amounts are rounded once to an integer grid; everything after is integer arithmetic,
 * so neither the order of addition nor the split over ranks and threads can change a bit.
 */
#ifndef POPGX_CORE_EXACT_H
#define POPGX_CORE_EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/elementary.h"

__extension__ typedef __int128 exact_sum_t;   /* signed, never overflows in practice: 2^63 people of 2^63 units */

/* Amounts beyond this many grid steps are refused. */
#define EXACT_LIMIT GRID_LIMIT

/** x on the grid of 2^-bits, rounded to nearest, ties to even. |x| * 2^bits must be below EXACT_LIMIT (see exact_fits). */
static inline int64_t exact_round(double x, int32_t bits) { return grid_rounded(x, bits); }

/** False for NaN, infinities and amounts too large for the grid. */
static inline bool exact_fits(double x, int32_t bits) { return grid_fits(x, bits); }

/** From a grid of 2^-bits to one of 2^-coarse_bits (fewer), rounded half away from zero. The caller checks that it fits int32. */
static inline int64_t exact_coarsen(int64_t x, int32_t bits, int32_t coarse_bits) { return shift_rounded(x, bits - coarse_bits); }

/** Of n 64-bit integers given as the sum of their low halves and that of their high halves. */
static inline exact_sum_t exact_join(uint64_t low, int64_t high) { return (exact_sum_t)high * ((exact_sum_t)1 << 32) + (exact_sum_t)low; }

/** The nearest double to sum * 2^-bits. */
double exact_value(exact_sum_t sum, int32_t bits);
#endif
