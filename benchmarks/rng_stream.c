/*
 * rng_stream ORDER [SEED]: the program's keyed random numbers as a stream of raw 32-bit words on standard output, without end, for
 * batteries such as dieharder (scripts/rng-battery). Both halves of every 64 random bits are written, so weak low bits would show.
 *
 * A keyed generator has no sequence of its own. The orders are those in which a model meets its numbers, and those in which
 * neighbouring keys stand side by side:
 *   interleaved  person after person: each one's purposes in turn, a few occurrences of each
 *   transposed   block after block: one purpose and occurrence of all 4,096 people, then the next
 *   strided      the same purpose and occurrence of people 2^32 apart
 *   occurrences  one person, one purpose, occurrence after occurrence
 *   draws        one person, one purpose: parameter draw after parameter draw
 *   unmixed      a control that a battery must fail: the linear congruential step alone, on raw keys
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rng/keyed.h"

enum { BLOCK = 4096, PURPOSES = 16, OCCURRENCES = 4 };

static uint64_t seed = 1, run_key, purposes[PURPOSES];

static uint64_t bits_of_person(uint64_t person, uint64_t purpose, uint64_t occurrence)
{
    return rng_bits(rng_person_key(run_key, person), purposes[purpose], occurrence);
}

static uint64_t interleaved(uint64_t i)
{
    uint64_t person = i / (PURPOSES * OCCURRENCES), k = i % (PURPOSES * OCCURRENCES);
    return bits_of_person(person, k / OCCURRENCES, k % OCCURRENCES);
}

static uint64_t transposed(uint64_t i)
{
    uint64_t block = i / (BLOCK * PURPOSES * OCCURRENCES), k = i / BLOCK % (PURPOSES * OCCURRENCES);
    return bits_of_person(block * BLOCK + i % BLOCK, k % PURPOSES, k / PURPOSES);
}

static uint64_t strided(uint64_t i) { return bits_of_person(i << 32 | i >> 32, 0, 0); }
static uint64_t occurrences(uint64_t i) { return bits_of_person(7, 0, i); }
static uint64_t draws(uint64_t i) { return rng_bits(rng_person_key(rng_run_key(seed, i), 7), purposes[0], 0); }
static uint64_t unmixed(uint64_t i) { return pcg_step(i * RNG_PATIENT_STRIDE + purposes[0]); }

static const struct {
    const char *name;
    uint64_t (*bits)(uint64_t i);
} orders[] = {{"interleaved", interleaved}, {"transposed", transposed}, {"strided", strided}, {"occurrences", occurrences}, {"draws", draws},
              {"unmixed", unmixed}};

int main(int argc, char **argv)
{
    static uint64_t words[BLOCK];
    uint64_t (*bits)(uint64_t) = NULL;

    for (size_t k = 0; argc >= 2 && k < sizeof orders / sizeof *orders; k++)
        if (strcmp(argv[1], orders[k].name) == 0) bits = orders[k].bits;
    if (!bits || argc > 3) {
        fputs("usage: rng_stream interleaved|transposed|strided|occurrences|draws|unmixed [SEED]\n", stderr);
        return 2;
    }
    if (argc == 3) seed = strtoull(argv[2], NULL, 10);
    run_key = rng_run_key(seed, 0);
    for (int p = 0; p < PURPOSES; p++) {
        char name[32];
        snprintf(name, sizeof name, "event disease.event %d", p); /* as models name their clocks */
        purposes[p] = rng_purpose(name);
    }
    for (uint64_t i = 0;; i += BLOCK) {
        for (uint64_t k = 0; k < BLOCK; k++) words[k] = bits(i + k);
        if (fwrite(words, sizeof *words, BLOCK, stdout) != BLOCK) return 0; /* whoever listened has had enough */
    }
}
