/* How a run is cut into blocks, from what its first people live through: the same for the same run, whoever plans. */
#ifndef POPGX_STORE_PILOT_H
#define POPGX_STORE_PILOT_H

#include "store/columns.h"
#include "store/store.h"

/**
 * Simulates the first people and plans blocks and chunks.
 *
 * @param[out] plan             pilot_release frees it, also after a failure
 * @param[out] predicted_bytes  of the complete run
 */
MUST_USE popgx_err_t pilot_plan(const model_t *model, const store_run_t *run, columns_plan_t *plan, uint64_t *predicted_bytes);
void pilot_release(columns_plan_t *plan);
#endif
