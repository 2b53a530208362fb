/* The draws of a probabilistic analysis over ranks and threads. */
#ifndef POPGX_CLUSTER_PSA_H
#define POPGX_CLUSTER_PSA_H

#include "cluster/models.h"
#include "cluster/run.h"
#include "stats/psa.h"

typedef struct {
    uint64_t first_draw, n_draws;   /* draws first_draw .. first_draw + n_draws - 1 of the models; 1 is the first */
    uint64_t patients;              /* of each draw, >= 1 */
    uint64_t seed;
    int threads;                    /* per rank, >= 1 */
    uint64_t block_people;          /* 0: RUN_BLOCK_PEOPLE */
    /** As in run_settings_t. */
    bool (*is_stop_wanted)(void *context);
    void *stop_context;
    void (*progress)(void *context, double share);
    void *progress_context;
} psa_settings_t;

/**
 * Collective. Simulates draws: a task is some consecutive blocks of one draw, which accumulates for itself and adds to the draw's
 * row once. People of draw d have luck of their own, keyed by d.
 *
 * @param layout      psa_layout of the base case
 * @param[out] rows   [n_draws][layout->n_sums], zeroed by the caller: on every rank the sums of all ranks
 * @param[out] n_fired  incremented by the timed events of all ranks
 * @retval POPGX_E_STOPPED  is_stop_wanted said so on some rank: the rows are not complete
 */
MUST_USE popgx_err_t psa_simulate(const models_t *models, const psa_settings_t *settings, const psa_layout_t *layout, exact_sum_t *rows,
                                  uint64_t *n_fired);
#endif
