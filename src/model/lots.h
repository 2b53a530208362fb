/*
 * People drawn in lots, whose luck is spread more evenly than chance would: fewer people for the same error.
 *
 * All of a lot share the random number of each purpose, moved by each one's place (rng_bits_in_lot in kernels/keyed.h). In pairs that is the
 * complement (antithetic variates; Hammersley and Morton, Proc Camb Philos Soc 1956; 52: 449-475). In larger lots it is a lattice
 * rule with a random shift (Cranley and Patterson, SIAM J Numer Anal 1976; 13: 904-914; L'Ecuyer and Lemieux, Manage Sci 2000; 46: 1214-1235):
 * each number alone is spread over equal strata, one person in each, and the first numbers of all purposes together are a lattice that was chosen
 * component by component. How often things happen again, and cycles after the first, are strata with a step at random.
 *
 * What makes errors right: each person still has the law of the model, and lots are independent and alike. So the mean is unbiased, and with
 * M lots of G people whose sums are g_1 .. g_M
 *     se(mean) = sqrt( sum (g_l - mean of g)^2 / (M (M - 1)) ) / G
 * whatever is in a lot: the mean of M independent numbers. A tally therefore keeps squares and products of sums of lots (stats/tally.h).
 */
#ifndef POPGX_MODEL_LOTS_H
#define POPGX_MODEL_LOTS_H

#include "model/model.h"

enum { LOTS_PAIRS = 1, LOTS_LATTICE = 10 };

/** The lots of a name: independent (0), antithetic, lattice. Negative: there is none of this name. */
int32_t lots_find(const char *name);
const char *lots_name(int32_t lot_bits);

/** From now on people of this model, drawn alone before, are drawn in lots of 2^lot_bits; 0 leaves it as it is. */
void lots_draw(model_t *model, int32_t lot_bits);

/** People of a lot. */
static inline uint64_t lots_size(const model_t *model) { return (uint64_t)1 << model->settings.lot_bits; }
#endif
