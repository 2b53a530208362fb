/*
 * Keyed uniforms for parameters, plain, stratified or from a sequence. The permutation of a Latin hypercube is a keyed
 * bijection (a Feistel network that walks until it is back in range), so no draw needs to know another.
 */
#include "spec/draws.h"

#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rng/keyed.h"

enum { SOBOL_DIMENSIONS = 40 /* of GSL's table */, FEISTEL_ROUNDS = 6 };

/* Ranks of draws are permuted under this draw number, which no draw has. */
#define NO_DRAW UINT64_MAX

static uint64_t purpose_of(const char *name, const char *what)
{
    char text[512];

    snprintf(text, sizeof text, "%s of parameter %s", what, name);
    return rng_purpose(text);
}

/* The place of `index` in an order of 0 .. n - 1 that `key` chooses. */
static uint64_t permuted(uint64_t index, uint64_t n, uint64_t key)
{
    unsigned half = 1;

    while (half < 32 && (uint64_t)1 << (2 * half) < n) half++;
    const uint64_t mask = ((uint64_t)1 << half) - 1;
    do {
        uint64_t left = index >> half, right = index & mask;
        for (uint64_t round = 0; round < FEISTEL_ROUNDS; round++) {
            uint64_t next = left ^ (rng_bits(key, right, round) >> 32 & mask);
            left = right;
            right = next;
        }
        index = left << half | right;
    } while (index >= n);
    return index;
}

static double keyed_uniform(const draws_t *draws, uint64_t draw, const char *name, const char *what)
{
    return rng_uniform(rng_person_key(rng_run_key(draws->seed, draw), 0), purpose_of(name, what), 0);
}

static double latin_uniform(const draws_t *draws, uint64_t draw, const char *name)
{
    uint64_t key = rng_bits(rng_run_key(draws->seed, NO_DRAW), purpose_of(name, "order"), 0);
    uint64_t stratum = permuted(draw - 1, draws->n_draws, key);

    return ((double)stratum + keyed_uniform(draws, draw, name, "draw")) / (double)draws->n_draws;
}

static size_t dimension_of(const draws_t *draws, const char *name)
{
    for (size_t i = 0; i < draws->dimensions; i++)
        if (strcmp(draws->names[i], name) == 0) return i;
    return draws->dimensions;
}

double draws_uniform(const draws_t *draws, uint64_t draw, const char *name)
{
    const double least = 0x1p-53;

    INVARIANT(draw >= 1 && draw <= draws->n_draws, "draw %llu of %llu", (unsigned long long)draw, (unsigned long long)draws->n_draws);
    if (draws->design == DESIGN_RANDOM) return keyed_uniform(draws, draw, name, "draw");
    size_t dimension = dimension_of(draws, name);
    if (dimension == draws->dimensions) return latin_uniform(draws, draw, name);
    double u = draws->points[(draw - 1) * draws->dimensions + dimension] + keyed_uniform(draws, NO_DRAW, name, "shift");
    u -= floor(u);
    return u < least ? least : u > 1 - least ? 1 - least : u;
}

popgx_err_t draws_init(draws_t *draws, uint64_t seed, uint64_t n_draws, draw_design_t design, const char *const *names, size_t n_names)
{
    popgx_err_t err = POPGX_OK;
    gsl_qrng *sequence = NULL;

    *draws = (draws_t){.seed = seed, .n_draws = n_draws, .design = design, .names = names, .n_names = n_names};
    if (design != DESIGN_SOBOL || n_names == 0) return POPGX_OK;
    draws->dimensions = n_names < SOBOL_DIMENSIONS ? n_names : SOBOL_DIMENSIONS;
    draws->points = calloc(n_draws, draws->dimensions * sizeof *draws->points);
    sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)draws->dimensions);
    if (!draws->points || !sequence) TRY(FAIL(NOMEM, "no memory for %llu points of a sequence", (unsigned long long)n_draws));
    for (uint64_t d = 0; d < n_draws; d++) gsl_qrng_get(sequence, draws->points + d * draws->dimensions);
out:
    if (sequence) gsl_qrng_free(sequence);
    return err;
}

void draws_release(draws_t *draws)
{
    free(draws->points);
    *draws = (draws_t){0};
}
