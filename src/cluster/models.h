/*
 * One model for each draw of a probabilistic analysis, on every rank: compiled by rank 0, since libm and GSL may give other bits
 * on other processors, and sent as patches of the base case.
 */
#ifndef POPGX_CLUSTER_MODELS_H
#define POPGX_CLUSTER_MODELS_H

#include "cluster/cluster.h"
#include "model/model.h"
#include "spec/spec.h"

typedef struct {
    unsigned char *base;        /* the packed base case */
    size_t n_base;
    uint64_t first_draw, n_draws; /* first_draw 1: from the first on; a part of a run begins later */
    uint64_t *offset;           /* [n_draws + 1]: of the patch of draw first_draw + d */
    unsigned char *patches;
    size_t n_uncertain;
    double *numbers;            /* [n_draws][n_uncertain]: what was drawn; rank 0 only, else NULL */
} models_t;

/**
 * Rank 0: compiles some draws of a model on `threads` threads.
 *
 * @param base   draw 0
 * @param range  which draws, from 1 on
 * @param is_stop_wanted  asked now and then by one thread at a time; may be NULL
 * @retval POPGX_E_INPUT  some draw makes no model: the message names the first one, and its mistake
 * @retval POPGX_E_STOPPED  is_stop_wanted said so
 */
MUST_USE popgx_err_t models_compile(models_t *models, const model_t *base, const spec_t *spec, const spec_report_t *report,
                                    const draws_t *draws, block_range_t range, int threads, bool (*is_stop_wanted)(void *context),
                                    void *stop_context);

/** Collective. What rank 0 has compiled, on all ranks; `base` is the same on all of them. */
MUST_USE popgx_err_t models_share(models_t *models, const model_t *base);

/** Of all models: low and high half of XXH3-128. */
void models_hash(const models_t *models, uint64_t hash[2]);

/** The model of draw first_draw .. first_draw + n_draws - 1; the caller releases it. Safe from many threads. */
MUST_USE popgx_err_t models_get(const models_t *models, uint64_t draw, model_t *out);

void models_release(models_t *models);
#endif
