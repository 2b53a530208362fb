/*
 * A block of simulated people at entry, one column per attribute.
 *
 * Person i of a block is person first_id + i of the whole population. Ids never depend on ranks,
 * threads or block sizes: they key the random numbers.
 */
#ifndef POPGX_COHORT_COHORT_H
#define POPGX_COHORT_COHORT_H

#include "core/err.h"
#include "model/model.h"

typedef struct cohort cohort_t; /* owner; made by cohort_new, one per thread, refilled for every block */

/** Borrowed columns, each [n]; valid until the cohort is filled again or freed. No column aliases another. */
typedef struct {
    size_t n;
    uint64_t first_id;
    const uint64_t *key;                /* random-number key of each person: see rng/keyed.h */
    const uint8_t *const *level;        /* [n_attributes]: columns of levels */
    const double *const *number;        /* [n_numbers]: columns; times in minutes */
    const uint16_t *const *diplotype;   /* [n_genes]: allele 1 * n_alleles + allele 2 */
} cohort_view_t;

/** Makes a cohort for at most `capacity` people of `model`, which must outlive it. The caller frees it. */
MUST_USE popgx_err_t cohort_new(const model_t *model, size_t capacity, cohort_t **out);

/** Frees `cohort`; NULL is allowed. */
void cohort_free(cohort_t *cohort);

/**
 * Draws people first_id .. first_id + n - 1 of the population that `run_key` (rng_run_key) describes.
 *
 * @param n  1 .. capacity
 */
cohort_view_t cohort_fill(cohort_t *cohort, uint64_t run_key, uint64_t first_id, size_t n);
#endif
