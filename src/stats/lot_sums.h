/* Squares and products of the sums of lots (model/lots.h): what errors are made of where people are not drawn alone. Lots are whole. */
#ifndef POPGX_STATS_LOT_SUMS_H
#define POPGX_STATS_LOT_SUMS_H

#include "core/exact.h"
#include "ledger/trajectory.h"
#include "model/lots.h"

/** Sum over lots of (sum of x) * (sum of y) of n people, exact. */
exact_sum_t lot_sums_product(int32_t lot_bits, size_t n, const int32_t *x, const int32_t *y);

/** squares[l] += sum over lots of the square of how many have level l; with `life`, and are alive. */
void lot_sums_levels(int32_t lot_bits, size_t n, const uint8_t *level, const uint8_t *life, int32_t n_levels, exact_sum_t *squares);

/** squares[m] += sum over lots of the square of how often moment m happened. count [n_moments * lots]: scratch */
void lot_sums_events(const model_t *model, size_t n, const trajectory_t *trajectory, int32_t *count, exact_sum_t *squares);
#endif
