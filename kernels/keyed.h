/*
 * Random numbers as a pure function of (seed, draw, patient, purpose, occurrence).
 *
 * There is no stream and no state: whoever asks for the same number gets the same number, under
 * any strategy, on any rank, in any order. That is what makes strategies share their luck, and
 * results independent of how the work was split.
 *
 * The generator is PCG (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically
 * Good Algorithms for Random Number Generation", HMC-CS-2014-0905): its 64-bit LCG step followed by
 * the output permutation RXS-M-XS, applied twice to a key. Raw ids are never used as a stream number
 * or a seed: measured, that correlates neighbours.
 */
#ifndef POPGX_KERNELS_KEYED_H
#define POPGX_KERNELS_KEYED_H

#include <stdint.h>

#include "kernels/elementary.h"

/* One step of PCG's 64-bit linear congruential generator (its default multiplier and increment). */
static inline uint64_t pcg_step(uint64_t state) { return state * 6364136223846793005ull + 1442695040888963407ull; }

/* PCG's RXS-M-XS-64 output permutation. */
static inline uint64_t pcg_permute(uint64_t state)
{
    uint64_t word = ((state >> ((state >> 59) + 5)) ^ state) * 12605985483714917081ull;
    return (word >> 43) ^ word;
}

/* Two rounds of step and permutation: a bijection of 64-bit words that mixes every bit. */
static inline uint64_t rng_mix(uint64_t word) { return pcg_permute(pcg_step(pcg_permute(pcg_step(word)))); }

/* Odd constants that keep the parts of a key apart. */
#define RNG_SEED_OFFSET 0x5851f42d4c957f2dull
#define RNG_DRAW_STRIDE 0xd1342543de82ef95ull
#define RNG_PATIENT_STRIDE 0xda942042e4dd58b5ull
#define RNG_OCCURRENCE_STRIDE 0x9e3779b97f4a7c15ull

/** The part of the key that one parameter draw of one run shares. */
static inline uint64_t rng_run_key(uint64_t seed, uint64_t draw)
{
    return rng_mix(rng_mix(seed ^ RNG_SEED_OFFSET) + draw * RNG_DRAW_STRIDE);
}

/** The key of one person. `patient` is the id in the whole population. */
static inline uint64_t rng_person_key(uint64_t run_key, uint64_t patient)
{
    return rng_mix(run_key + patient * RNG_PATIENT_STRIDE);
}

/** 64 random bits for one purpose (rng_purpose in rng/keyed.h) and its occurrence, counted from 0. */
static inline uint64_t rng_bits(uint64_t person_key, uint64_t purpose, uint64_t occurrence)
{
    return rng_mix(person_key + purpose + occurrence * RNG_OCCURRENCE_STRIDE);
}

/** Uniform on (0, 1), never 0 or 1: the centres of 2^52 equal cells. */
static inline double uniform_of(uint64_t bits)
{
    return double_of((bits >> 12) | 0x3ff0000000000000ull) - (1.0 - 0x1p-53);
}

static inline double rng_uniform(uint64_t person_key, uint64_t purpose, uint64_t occurrence)
{
    return uniform_of(rng_bits(person_key, purpose, occurrence));
}

/** Exponential with mean 1: the threshold of a clock. At least 2^-53, at most 36.8. */
static inline double rng_exponential(uint64_t person_key, uint64_t purpose, uint64_t occurrence)
{
    return -log_portable(rng_uniform(person_key, purpose, occurrence));
}

/*
 * People drawn in lots of 2^lot_bits consecutive ids, so that their luck is spread more evenly than chance would (model/lots.h says
 * why and how). All of a lot share one number of 64 bits for each purpose and occurrence, and move it by their place in the lot:
 *   lot_bits 0  everybody is drawn alone: rng_bits
 *   lot_bits 1  pairs: the second one has the complement of the first one's bits (antithetic numbers)
 *   more        a lattice: place * step / 2^lot_bits is added, modulo 1, with an odd step. Of a purpose's first occurrence the step is the
 *               purpose's own (its low bits); later ones take low bits of the lot's number, which no uniform looks at (at most 12)
 * Whatever is added, each uniform has its law, since the lot's number has; and lots are independent of each other.
 * Everywhere `person_key` is rng_lot_key.
 */
enum { RNG_MOST_LOT_BITS = 12 };

/** The key of the lot, with the person's place in its low bits. */
static inline uint64_t rng_lot_key(uint64_t run_key, uint64_t patient, int32_t lot_bits)
{
    const uint64_t places = ((uint64_t)1 << lot_bits) - 1;

    return (rng_person_key(run_key, patient >> lot_bits) & ~places) | (patient & places);
}

static inline uint64_t rng_bits_in_lot(uint64_t person_key, uint64_t purpose, uint64_t occurrence, int32_t lot_bits)
{
    if (lot_bits == 0) return rng_bits(person_key, purpose, occurrence);
    const uint64_t places = ((uint64_t)1 << lot_bits) - 1, place = person_key & places;
    const uint64_t bits = rng_bits(person_key - place, purpose, occurrence);
    if (lot_bits == 1) return bits ^ (0 - place);
    const uint64_t step = ((occurrence ? bits : purpose) & places) | 1;
    return bits + (place * step << (64 - lot_bits));
}

static inline double rng_uniform_in_lot(uint64_t person_key, uint64_t purpose, uint64_t occurrence, int32_t lot_bits)
{
    return uniform_of(rng_bits_in_lot(person_key, purpose, occurrence, lot_bits));
}

static inline double rng_exponential_in_lot(uint64_t person_key, uint64_t purpose, uint64_t occurrence, int32_t lot_bits)
{
    return -log_portable(rng_uniform_in_lot(person_key, purpose, occurrence, lot_bits));
}
#endif
