/*
 * The arithmetic of tests, and of what is chosen by a table of chances, for one person: shared by both engines, so that they give the
 * same bits. `occurrence` is how many analyses of the test the person had before.
 */
#ifndef POPGX_MODEL_TEST_LUCK_H
#define POPGX_MODEL_TEST_LUCK_H

#include "kernels/elementary.h"
#include "kernels/normal.h"
#include "model/model.h"
#include "rng/keyed.h"

/** Whether an analysis says nothing, which has this probability for the person. */
static inline bool test_fails(const model_t *m, const model_test_t *test, double failure, uint64_t key, int32_t occurrence)
{
    if (!(failure > 0)) return false;
    return rng_uniform_in_lot(key, test->failure_purpose, test->fails_alike ? 0 : (uint64_t)occurrence, m->settings.lot_bits) < failure;
}

/** The first of `width` outcomes whose cumulative probability is above u. */
static inline int32_t outcome_at(const double *cumulative, int32_t width, double u)
{
    int32_t outcome = 0;
    while (outcome < width - 1 && u >= cumulative[outcome]) outcome++;
    return outcome;
}

/** Minutes until the result, by the person's row of test->wait; at least 1. */
static inline int32_t test_wait(const model_t *m, const model_test_t *test, const double *row, uint64_t key, int32_t occurrence)
{
    double u = rng_uniform_in_lot(key, test->wait_purpose, (uint64_t)occurrence, m->settings.lot_bits), minutes = row[0];

    switch (test->wait_kind) {
    case WAIT_UNIFORM: minutes = fused(row[1] - row[0], u, row[0]); break;
    case WAIT_LOGNORMAL: minutes = exp_portable(fused(row[1], normal_quantile(u), row[0])); break;
    case WAIT_EXPONENTIAL: minutes = -row[0] * log_portable(u); break;
    case WAIT_SHARES: minutes = row[test->wait.width / 2 + outcome_at(row, test->wait.width / 2, u)]; break;
    default: break;
    }
    return minutes < 1 ? 1 : minutes < 2147480000.0 ? (int32_t)(minutes + 0.5) : MODEL_NEVER;
}
#endif
