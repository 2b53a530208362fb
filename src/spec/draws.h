/*
 * The uniform numbers behind the draws of parameters: of draw d of a parameter, a function of (seed, d, the parameter's
 * name) alone, so that draws are the same whatever the number of patients, ranks, threads or other parameters.
 *
 * Draws count from 1; draw 0 is the base case and needs no numbers. Two designs spread the draws more evenly, and so depend on
 * how many there are (Latin) or on which other parameters are uncertain (Sobol), too:
 *   Latin hypercube  one draw in each of n_draws equal strata, in an order of its own for every parameter
 *   Sobol            the sequence of Antonov and Saleev (USSR Comput Math Math Phys 1980; 19: 252-256), one dimension for each parameter in the order of
 *                    their names, shifted at random (Cranley and Patterson, SIAM J Numer Anal 1976; 13: 904-914); parameters
 *                    beyond the 40th get a Latin hypercube
 */
#ifndef POPGX_SPEC_DRAWS_H
#define POPGX_SPEC_DRAWS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

typedef enum { DESIGN_RANDOM, DESIGN_LATIN, DESIGN_SOBOL } draw_design_t;

typedef struct {
    uint64_t seed;
    uint64_t n_draws;           /* >= 1 */
    draw_design_t design;
    /* SOBOL: */
    const char *const *names;   /* [n_names], sorted: what is uncertain */
    size_t n_names;
    double *points;             /* [n_draws][dimensions], row-major */
    size_t dimensions;
} draws_t;

/** Makes the numbers of a design. `names` are borrowed and sorted by the caller. draws_release frees it, also after a failure. */
MUST_USE popgx_err_t draws_init(draws_t *draws, uint64_t seed, uint64_t n_draws, draw_design_t design, const char *const *names,
                                size_t n_names);
void draws_release(draws_t *draws);

/** Uniform on (0, 1), of draw 1 .. n_draws for what is called `name`. Safe from many threads. */
double draws_uniform(const draws_t *draws, uint64_t draw, const char *name);
#endif
