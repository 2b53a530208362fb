/* `popgx equity --calls`: how a test does in each group, and what its mistakes cost. */
#ifndef POPGX_CLI_FAIRNESS_H
#define POPGX_CLI_FAIRNESS_H

#include <stdbool.h>

#include "store/answer.h"

/**
 * Prints it from subgroups that end with what a test showed x what is true.
 *
 * @param by       name of the grouping: "ancestry x first observed carrier x carrier under guided"
 * @param perfect  strategy with a perfect test, with which the grouping's strategy is compared; or NULL
 */
MUST_USE popgx_err_t fairness_print(const answer_t *answer, const char *path, const char *by, const char *perfect, bool is_json);
#endif
